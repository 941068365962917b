// The promise "same bits" for the operators that never form Theta, and runs on them.
#include "algorithms/runs.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "operators/factored/factored_cases.hpp"

namespace ipgd {

using namespace test;

namespace {

/// Large enough for several tiles or chunks.
template <class Case>
Made large() {
  const bool entries = std::is_same_v<Case, EntriesCase>;
  Made made = Case::make(entries ? 40000 : 8000, 33, Case::kSymmetric ? 33 : 70);
  REQUIRE_FALSE(made.op->is_small());
  return made;
}

}  // namespace

TEST_CASE_TEMPLATE("factored operators give the same bits for every number of threads", Case,
                   IPGD_ALL_FACTORED) {
  const Made made = large<Case>();
  const Operator& op = *made.op;
  const Factors theta(op, 5, false, 3);
  const Numbers y = normals(op.measurements(), 4), measured = forward(op, theta.view());
  const Evaluated serial = evaluate(op, theta, y);
  const Numbers G = adjoint(op, y);
  for (const int n_threads : kThreadCounts) {
    CAPTURE(n_threads);
    CHECK(same_bits(evaluate(op, theta, y, n_threads), serial));
    CHECK(same_bits(forward(op, theta.view(), n_threads), measured));
    CHECK(same_bits(adjoint(op, y, n_threads), G));
  }
}

TEST_CASE_TEMPLATE("a batch on a factored operator gives the bits of each problem alone", Case,
                   IPGD_ALL_FACTORED) {
  for (const Index m : {3, 1000, 20000})
    for (const Index d : {7, 33}) {
      CAPTURE(m);
      CAPTURE(d);
      const Made made = Case::make(m, d, d);
      const Operator& op = *made.op;
      std::vector<Factors> thetas;
      std::vector<Numbers> y;
      std::vector<Evaluated> alone;
      for (const Index k : {3, 10, 3, 17}) {  // ranks and kinds of views may differ
        const auto stream = 10 * thetas.size();
        thetas.emplace_back(op, k, thetas.size() % 2 == 0, stream);
        y.push_back(normals(m, stream + 1));
        alone.push_back(evaluate(op, thetas.back(), y.back()));
      }
      const auto workspace = op.workspace(4);
      for (int repeat = 0; repeat < 2; ++repeat) {  // a workspace that was used before
        const auto together = evaluate(op, thetas, y, *workspace, {3, nullptr});
        for (std::size_t k = 0; k < thetas.size(); ++k) CHECK(same_bits(together[k], alone[k]));
        const auto one = evaluate(op, std::vector<Factors>{thetas[0]}, {y[0]}, *workspace);
        CHECK(same_bits(one[0], alone[0]));
      }
    }
}

TEST_CASE_TEMPLATE("the bits on a factored operator do not depend on addresses", Case,
                   IPGD_ALL_FACTORED) {
  const Made made = Case::make(1000, 33, 33);
  const Operator& op = *made.op;
  const Factors theta(op, 5, false, 3);
  const Numbers y = normals(op.measurements(), 4);
  const Evaluated expected = evaluate(op, theta, y);
  const auto workspace = op.workspace(1);
  for (std::size_t shift = 1; shift < 8; ++shift) {
    Numbers memory(8 * theta.L.size() + 4 * y.size());
    double* next = memory.data() + shift;
    const auto place = [&](const Numbers& values) {
      double* const to = next;
      std::copy(values.begin(), values.end(), to);
      next += values.size() + 1;
      return to;
    };
    const auto view = ThetaView::product(place(theta.L), place(theta.R), 33, 33, 5);
    const double* const in = place(y);
    double* const r = place(y);
    const Cotangent out{place(theta.L), place(theta.R)};
    Residual residual{in, r};
    op.residual_cotangent(1, &view, &residual, &out, *workspace, {});
    CHECK(same_bits(r, expected.residual.data(), length(y)));
    CHECK(same_bits(out.left, expected.left.data(), length(theta.L)));
    CHECK(same_bits(out.right, expected.right.data(), length(theta.R)));
  }
}

TEST_CASE_TEMPLATE("an interrupted pass of a factored operator leaves the workspace usable", Case,
                   IPGD_ALL_FACTORED) {
  const Made made = large<Case>();
  const Operator& op = *made.op;
  const Factors theta(op, 5, false, 3);
  const Numbers y = normals(op.measurements(), 4);
  const Evaluated expected = evaluate(op, theta, y);
  const auto workspace = op.workspace(1);
  for (const Index allowed : {0, 1, 3}) {
    StopAfter stop(allowed);
    CHECK_THROWS_AS(evaluate(op, std::vector<Factors>{theta}, {y}, *workspace, {1, &stop}),
                    Interrupted);
    CHECK(same_bits(evaluate(op, std::vector<Factors>{theta}, {y}, *workspace)[0], expected));
  }
}

TEST_CASE_TEMPLATE("descent on a factored operator follows that on the dense one", Case,
                   IPGD_ALL_FACTORED) {
  const Index m = 300, d = 8, k = 3;
  const Made made = Case::make(m, d, Case::kSymmetric ? d : d + 2);
  const reference::Operator plain = made.plain();
  const auto dense =
      make_dense(m, Case::kSymmetric ? Layout::symmetric(d, 1.0) : Layout::rectangular(d, d + 2),
                 "float64", "float64");
  REQUIRE(dense->set_rows(0, m, plain.A.data(), {}));
  const Numbers L = scaled(0.3, normals(d * 2, 5)), R = scaled(0.3, normals((d + 2) * 2, 6));
  const Factors truth(*made.op, 2, Case::kSymmetric, 5);
  const Numbers y = forward(*made.op, truth.view());
  const std::unique_ptr<Parameterization> model =
      Case::kSymmetric ? std::unique_ptr<Parameterization>(new SymmetricFactor(d, k))
                       : std::unique_ptr<Parameterization>(new AsymmetricFactor(d, d + 2, k));
  const Numbers start = scaled(0.1, normals(model->size(), 7));
  const Algorithm algorithm = with_budget(gradient_descent(2e-3), 50);
  const Result factored = run(Objective(*made.op, *model, y.data()), algorithm, start);
  const Result expected = run(Objective(*dense, *model, y.data()), algorithm, start);
  CHECK(relative_error(factored.theta, expected.theta) < 1e-12);
  CHECK(factored.outcome.loss == doctest::Approx(expected.outcome.loss).epsilon(1e-12));
  CHECK(relative_error(expected.theta, start) > 0.1);  // it went somewhere
}

TEST_CASE("symmetric completion: U Uᵀ on square entries follows the dense operator") {
  const Index m = 60, d = 8, k = 3;
  const Made made = EntriesCase::make(m, d, d);
  const auto dense = make_dense(m, Layout::rectangular(d, d), "float64", "float64");
  REQUIRE(dense->set_rows(0, m, made.plain().A.data(), {}));
  const Factors truth(*made.op, 2, true, 5);
  const Numbers y = forward(*made.op, truth.view());
  const SymmetricFactor model(d, k);
  const Numbers start = scaled(0.1, normals(model.size(), 7));
  const Algorithm algorithm = with_budget(gradient_descent(1e-2), 50);
  const Result factored = run(Objective(*made.op, model, y.data()), algorithm, start);
  const Result expected = run(Objective(*dense, model, y.data()), algorithm, start);
  CHECK(relative_error(factored.theta, expected.theta) < 1e-12);
  CHECK(relative_error(expected.theta, start) > 0.1);
}

}  // namespace ipgd
