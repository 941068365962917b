// Steps on some of the sampled entries: stochastic matrix completion.
#include <deque>

#include "algorithms/runs.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "operators/factored/factored_cases.hpp"

namespace ipgd {

using namespace test;

namespace {

Algorithm sgd(double eta, Index size, bool replacement, Index max_iter) {
  Algorithm algorithm =
      with_budget(on_mini_batches(gradient_descent(eta), size, replacement), max_iter);
  algorithm.sampling.key = 5;
  return algorithm;
}

/// residual_cotangent_rows
Evaluated evaluate_rows(const Operator& op, const Factors& theta, const Numbers& y,
                        const std::vector<Index>& rows, Operator::Workspace& workspace) {
  Evaluated out{Numbers(rows.size()), Numbers(theta.L.size(), NAN), Numbers(theta.R.size(), NAN)};
  Residual residual{y.data(), out.residual.data()};
  op.residual_cotangent_rows({rows.data(), static_cast<Index>(rows.size())}, theta.view(), residual,
                             {out.left.data(), out.right.data()}, workspace, {});
  return out;
}

}  // namespace

TEST_CASE("every entry is found in its tile") {
  for (const Index m : {1, 40000}) {
    const Made made = EntriesCase::make(m, 33, 70);
    const auto row = some_indices(m, 33, 1), col = some_indices(m, 70, 2);
    std::vector<Index> order(row.size());
    const Tiles tiles(33, 70, m, row.data(), col.data(), order.data());
    if (m > 1) REQUIRE(tiles.row_blocks.count * tiles.col_blocks.count > 4);
    bool found = true;
    for (Index p = 0; p < m; ++p) {
      const auto n = static_cast<std::size_t>(p);
      found = found && tiles.where(p) == std::pair<Index, Index>{made.row[n], made.col[n]};
    }
    CHECK(found);
  }
}

TEST_CASE("the gradient's norm and the step reach all parameters that were seen") {
  for (const bool gram : {false, true}) {
    CAPTURE(gram);
    const Index d1 = 40, d2 = gram ? 40 : 50, k = 3;
    const Made made = EntriesCase::make(12, d1, d2);  // most rows and columns have no entry
    REQUIRE(made.op->seen() != nullptr);
    const SymmetricFactor square(d1, k);
    const AsymmetricFactor product(d1, d2, k);
    const Parameterization& model = gram ? static_cast<const Parameterization&>(square) : product;
    const Numbers y = normals(12, 4), start = normals(model.size(), 5);
    const Objective objective(*made.op, model, y.data());
    Evaluation evaluation(objective);
    evaluate(objective, start.data(), evaluation);
    const Numbers g(evaluation.gradient.data(), evaluation.gradient.data() + model.size());
    CHECK(evaluation.gradient_norm == doctest::Approx(norm(g)).epsilon(1e-14));
    Trajectory trajectory;
    Recorder nothing({}, 1000000, 1, model, false);
    run(objective, with_budget(gradient_descent(0.01), 2), start, nothing, &trajectory);
    bool moved = true;
    for (std::size_t j = 0; j < g.size(); ++j)
      moved = moved && (g[j] == 0) == (trajectory.iterates[2][j] == start[j]);
    CHECK(moved);
  }
}

TEST_CASE("residuals and cotangents of some entries are those of the plain loops") {
  for (const Index m : {60, 40000})
    for (const bool gram : {false, true}) {
      CAPTURE(m);
      CAPTURE(gram);
      const Index d1 = 33, d2 = gram ? 33 : 70;
      const Made made = EntriesCase::make(m, d1, d2);
      const Numbers y = normals(m, 4);
      const auto workspace = made.op->rows_workspace();
      std::vector<Index> rows = {m - 1, 0, 7, 7, 12};
      for (Index i = 0; i < m; i += 1 + m / 100) rows.push_back(i);
      reference::Numbers some_y;
      std::vector<std::int64_t> row, col;
      for (const Index i : rows) {
        const auto n = static_cast<std::size_t>(i);
        row.push_back(made.row[n]);
        col.push_back(made.col[n]);
        some_y.push_back(y[n]);
      }
      const auto plain = reference::entries(as_int(d1), as_int(d2), row, col);
      for (const Index k : {5, 17, 3}) {  // in a workspace that was used before
        const Factors theta(*made.op, k, gram, 3);
        const Evaluated some = evaluate_rows(*made.op, theta, y, rows, *workspace);
        const Evaluated all = evaluate(*made.op, theta, y);
        for (std::size_t j = 0; j < rows.size(); ++j)
          CHECK(some.residual[j] == all.residual[static_cast<std::size_t>(rows[j])]);
        const auto expected = reference::residual_adjoint(plain, theta.theta(), some_y);
        CHECK(relative_error(some.residual, expected.residual) < 1e-14);
        auto factors = reference::cotangent(expected.gradient, theta.L, theta.right(), as_int(d1),
                                            as_int(d2), as_int(k));
        if (gram)
          for (std::size_t j = 0; j < factors.left.size(); ++j) factors.left[j] += factors.right[j];
        else
          CHECK(relative_error(some.right, factors.right) < 1e-14);
        CHECK(relative_error(some.left, factors.left) < 1e-14);
      }
    }
}

TEST_CASE("stochastic completion follows that on the dense operator of the same entries") {
  const Index m = 60, d = 8, k = 3;
  for (const bool symmetric : {false, true}) {
    const Index d2 = symmetric ? d : d + 2;
    const Made made = EntriesCase::make(m, d, d2);
    const auto dense = make_dense(m, Layout::rectangular(d, d2), "float64", "float64");
    REQUIRE(dense->set_rows(0, m, made.plain().A.data(), {}));
    const Numbers y = forward(*made.op, Factors(*made.op, 2, symmetric, 5).view());
    const std::unique_ptr<Parameterization> model =
        symmetric ? std::unique_ptr<Parameterization>(new SymmetricFactor(d, k))
                  : std::unique_ptr<Parameterization>(new AsymmetricFactor(d, d2, k));
    const Numbers start = scaled(0.1, normals(model->size(), 7));
    for (const Index size : {1, 7, 60})
      for (const bool replacement : {false, true}) {
        CAPTURE(size);
        const Algorithm algorithm = sgd(1e-3, size, replacement, 50);
        const Result factored = run(Objective(*made.op, *model, y.data()), algorithm, start);
        const Result expected = run(Objective(*dense, *model, y.data()), algorithm, start);
        CHECK(relative_error(factored.theta, expected.theta) < 1e-12);
        CHECK(relative_error(expected.theta, start) > 0.01);  // it went somewhere
      }
  }
}

TEST_CASE("stochastic completion has the same bits in a batch, with any number of threads") {
  const Made made = EntriesCase::make(40000, 33, 70);  // several tiles
  const AsymmetricFactor model(33, 70, 3);
  const Numbers y = normals(40000, 4), start = scaled(0.1, normals(model.size(), 7));
  const Objective objective(*made.op, model, y.data());
  std::vector<Algorithm> methods = {with_budget(gradient_descent(1e-3), 12)};
  for (const Index size : {1, 100, 9000}) methods.push_back(sgd(1e-4, size, size == 100, 12));
  std::vector<Result> alone;
  for (const Algorithm& algorithm : methods) alone.push_back(run(objective, algorithm, start));
  for (const int n_threads : kThreadCounts) {
    CAPTURE(n_threads);
    std::deque<Iterates> iterates;
    std::deque<Recorder> recorders;
    std::vector<RunInputs> inputs;
    for (const Algorithm& algorithm : methods) {
      iterates.emplace_back(length(start));
      std::copy(start.begin(), start.end(), iterates.back().current.data());
      recorders.emplace_back(std::vector<std::string>{}, 1000, 1, model, false);
      inputs.push_back({objective, algorithm, iterates.back(), nullptr, recorders.back(), nullptr});
    }
    const auto outcomes = descend(inputs, {n_threads, nullptr});
    for (std::size_t k = 0; k < methods.size(); ++k) {
      CHECK(same_bits(iterates[k].current.data(), alone[k].theta.data(), length(start)));
      CHECK(outcomes[k].loss == alone[k].outcome.loss);
      const Result threaded = run(objective, methods[k], start, {n_threads, nullptr});
      CHECK(same_bits(threaded.theta, alone[k].theta));
    }
  }
}

}  // namespace ipgd
