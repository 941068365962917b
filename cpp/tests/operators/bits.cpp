// The promise "same bits": whatever the number of threads, the company in a batch, the address.
#include "operators/dense/dense_cases.hpp"

#include "ipgd/base/chunks.hpp"

namespace ipgd {

using namespace test;

TEST_CASE_TEMPLATE("operators give the same bits for every number of threads", Case,
                   IPGD_ALL_DENSE) {
  const Index m = 1103, d = 33;
  const auto owner = Case::make(m, d);
  const DenseOperator& op = *owner;
  REQUIRE(row_chunks(m, Case::layout(d).entries()).count >= 8);
  const Numbers X = Case::theta(d, 2), y = normals(m, 3);
  const Numbers serial_forward = forward(op, X), serial_adjoint = adjoint(op, y);
  const auto serial = residual_adjoint(op, X, y);
  for (const int n_threads : kThreadCounts) {
    CAPTURE(n_threads);
    CHECK(same_bits(forward(op, X, n_threads), serial_forward));
    CHECK(same_bits(adjoint(op, y, n_threads), serial_adjoint));
    const auto threaded = residual_adjoint(op, X, y, n_threads);
    CHECK(same_bits(threaded.residual, serial.residual));
    CHECK(same_bits(threaded.gradient, serial.gradient));
  }
}

TEST_CASE_TEMPLATE("a batch gives the bits of each problem alone", Case, IPGD_ALL_DENSE) {
  constexpr Index kBatch = 3;
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const auto owner = Case::make(m, d);
      const DenseOperator& op = *owner;
      std::vector<Numbers> X, y, out, r, G, adjoints;
      std::vector<ThetaView> views;
      std::vector<const double*> y_in;
      std::vector<double*> out_p, r_p, G_p, adjoint_p;
      for (Index k = 0; k < kBatch; ++k) {
        const auto stream = static_cast<std::uint64_t>(10 + k);
        X.push_back(Case::theta(d, stream));
        y.push_back(normals(m, 20 + stream));
        out.emplace_back(y.back().size());
        r.emplace_back(y.back().size());
        G.emplace_back(X.back().size());
        adjoints.emplace_back(X.back().size());
        views.push_back(ThetaView::assembled(X.back().data(), d, op.cols()));
        y_in.push_back(y.back().data());
        out_p.push_back(out.back().data());
        r_p.push_back(r.back().data());
        G_p.push_back(G.back().data());
        adjoint_p.push_back(adjoints.back().data());
      }
      const auto workspace = op.workspace(kBatch);
      const Execution execution{2, nullptr};
      op.forward(kBatch, views.data(), out_p.data(), *workspace, execution);
      op.adjoint(kBatch, y_in.data(), adjoint_p.data(), *workspace, execution);
      op.residual_adjoint(kBatch, views.data(), y_in.data(), r_p.data(), G_p.data(), *workspace,
                          execution);
      for (std::size_t k = 0; k < static_cast<std::size_t>(kBatch); ++k) {
        CHECK(same_bits(out[k], forward(op, X[k])));
        CHECK(same_bits(adjoints[k], adjoint(op, y[k])));
        const auto alone = residual_adjoint(op, X[k], y[k]);
        CHECK(same_bits(r[k], alone.residual));
        CHECK(same_bits(G[k], alone.gradient));
      }
    }
}

TEST_CASE_TEMPLATE("a workspace that was used before, in a larger batch, changes nothing", Case,
                   IPGD_ALL_DENSE) {
  const Index m = 100, d = 7;
  const auto owner = Case::make(m, d);
  const DenseOperator& op = *owner;
  const Numbers y = normals(m, 2), X = Case::theta(d, 3), other = Case::theta(d, 4);
  const auto workspace = op.workspace(2);
  Numbers r1(y.size()), r2(y.size()), G1(X.size()), G2(X.size());
  const ThetaView first[] = {ThetaView::assembled(other.data(), d, op.cols()),
                             ThetaView::assembled(other.data(), d, op.cols())};
  const ThetaView second = ThetaView::assembled(X.data(), d, op.cols());
  const double* const ys[] = {y.data(), y.data()};
  double* const rs[] = {r1.data(), r2.data()};
  double* const Gs[] = {G1.data(), G2.data()};
  op.residual_adjoint(2, first, ys, rs, Gs, *workspace, {});
  op.residual_adjoint(1, &second, ys, rs, Gs, *workspace, {});
  const auto fresh = residual_adjoint(op, X, y);
  CHECK(same_bits(r1, fresh.residual));
  CHECK(same_bits(G1, fresh.gradient));
}

TEST_CASE("an interrupted pass throws, and the workspace stays usable") {
  const Index m = 1103, d = 33;
  const auto owner = symmetric_gaussian(m, d);
  const DenseOperator& op = *owner;
  const Numbers X = symmetric_normals(d, 2), y = normals(m, 3);
  const auto expected = residual_adjoint(op, X, y);
  const auto workspace = op.workspace(1);
  const ThetaView theta = ThetaView::assembled(X.data(), d, d);
  Numbers residual(y.size()), gradient(X.size());
  const double* in = y.data();
  double* r = residual.data();
  double* G = gradient.data();
  for (const Index allowed : {0, 1, 5, 7}) {  // a poll before each of eight chunks
    StopAfter stop(allowed);
    CHECK_THROWS_AS(op.residual_adjoint(1, &theta, &in, &r, &G, *workspace, {1, &stop}),
                    Interrupted);
    op.residual_adjoint(1, &theta, &in, &r, &G, *workspace, {});
    CHECK(same_bits(residual, expected.residual));
    CHECK(same_bits(gradient, expected.gradient));
  }
}

}  // namespace ipgd
