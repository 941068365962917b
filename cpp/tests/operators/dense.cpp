#include "ipgd/operators/dense.hpp"

#include "operators/dense_cases.hpp"

namespace ipgd {

using namespace test;

TEST_CASE_TEMPLATE("dense operators agree with the plain loops", Case, IPGD_FOUR_DENSE) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const Numbers A = Case::matrices(m, d);
      const auto op = Case::make(A, m, d);
      const reference::Operator loops{as_int(m), as_int(d), as_int(op.cols()), A};
      const Numbers X = Case::theta(d, 2), y = normals(m, 3), r = normals(m, 4);

      CHECK(relative_error(forward(op, X), reference::forward(loops, X)) < 1e-12);
      CHECK(relative_error(adjoint(op, r), reference::adjoint(loops, r)) < 1e-12);
      const auto fused = residual_adjoint(op, X, y);
      const auto expected = reference::residual_adjoint(loops, X, y);
      CHECK(relative_error(fused.residual, expected.residual) < 1e-12);
      CHECK(relative_error(fused.gradient, expected.gradient) < 1e-12);
    }
}

TEST_CASE_TEMPLATE("forward and adjoint are adjoint", Case, IPGD_FOUR_DENSE) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const auto op = Case::make(m, d);
      const Numbers X = Case::theta(d, 2), r = normals(m, 3);
      const Numbers y = forward(op, X);
      CHECK(std::abs(inner(y, r) - inner(X, adjoint(op, r))) < 1e-13 * norm(y) * norm(r));
    }
}

TEST_CASE_TEMPLATE("the fused pass has the bits of forward, minus y, adjoint", Case,
                   IPGD_FOUR_DENSE) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const auto op = Case::make(m, d);
      const Numbers X = Case::theta(d, 2), y = normals(m, 3);
      const auto fused = residual_adjoint(op, X, y);
      const Numbers residual = minus(forward(op, X), y);
      CHECK(same_bits(fused.residual, residual));
      CHECK(same_bits(fused.gradient, adjoint(op, residual)));
    }
}

TEST_CASE_TEMPLATE("rows come back as they were set", Case, IPGD_FOUR_DENSE) {
  for (const Index d : kDimensions) {
    const Index m = 5;
    const Numbers A = Case::matrices(m, d);
    CHECK(same_bits(plain(Case::make(A, m, d)).A, A));

    // in pieces, out of order
    typename Case::Type op(m, Case::layout(d));
    const Index size = op.rows() * op.cols();
    CHECK(op.set_rows(2, 3, A.data() + 2 * size, {}));
    CHECK(op.set_rows(0, 2, A.data(), {3, nullptr}));
    Numbers back(static_cast<std::size_t>(2 * size));
    op.get_rows(1, 2, back.data());
    CHECK(same_bits(back.data(), A.data() + size, 2 * size));
  }
}

TEST_CASE_TEMPLATE("set_rows reports values that storage rounds", Case, IPGD_FOUR_DENSE) {
  for (const Index where : {0, 1, 4}) {
    const Index m = 5, d = 2;
    Numbers A = Case::matrices(m, d);
    typename Case::Type op(m, Case::layout(d));
    A[static_cast<std::size_t>(where * op.rows() * op.cols())] = 0.1;  // not on the float32 grid
    CHECK(op.set_rows(0, m, A.data(), {}) == !Case::kSingle);
    // and keeps them to float32 precision
    CHECK(relative_error(plain(op).A, A) < 1e-7);
  }
}

TEST_CASE_TEMPLATE("operators describe themselves", Case, IPGD_FOUR_DENSE) {
  const typename Case::Type op(3, Case::layout(7));
  CHECK(op.measurements() == 3);
  CHECK(op.rows() == 7);
  CHECK(op.cols() == (Case::kSymmetric ? 7 : 9));
  CHECK(op.symmetric() == Case::kSymmetric);
  CHECK(std::string(op.storage()) == (Case::kSingle ? "float32" : "float64"));
  const Index entries = Case::kSymmetric ? 28 : 63;
  const Index lanes = Case::kSingle ? 16 : 8;
  CHECK(op.nbytes() == 3 * round_up(entries, lanes) * (Case::kSingle ? 4 : 8));
}

TEST_CASE("a symmetric operator measures the symmetric part of given matrices") {
  const Index m = 20, d = 7;
  const Numbers A = normals(m * d * d, 1), X = symmetric_normals(d, 2), r = normals(m, 3);
  Dense<double, SymmetricLayout> op(m, SymmetricLayout(d, 1.0));
  CHECK(op.set_rows(0, m, A.data(), {}));
  const reference::Operator loops{as_int(m), as_int(d), as_int(d), A};
  CHECK(relative_error(forward(op, X), reference::forward(loops, X)) < 1e-13);
  const Numbers G = reference::adjoint(loops, r);
  Numbers symmetric = G;
  for (Index a = 0; a < d; ++a)
    for (Index b = 0; b < d; ++b)
      symmetric[static_cast<std::size_t>(a * d + b)] =
          0.5 * (G[static_cast<std::size_t>(a * d + b)] + G[static_cast<std::size_t>(b * d + a)]);
  CHECK(relative_error(adjoint(op, r), symmetric) < 1e-13);
}

TEST_CASE_TEMPLATE("Gaussian rows are the addressed normals, the same in both storages", Layout,
                   SymmetricLayout, RectangularLayout) {
  const Index m = 3, d = 50;  // more entries than one tile of the fill
  const Layout layout = DenseCase<double, Layout>::layout(d);
  Dense<double, Layout> wide(m, layout);
  Dense<float, Layout> narrow(m, layout);
  wide.fill_gaussian(5, {});
  narrow.fill_gaussian(5, {3, nullptr});
  Numbers expected(static_cast<std::size_t>(m * d * layout.cols()));
  for (Index i = 0; i < m; ++i) {
    std::vector<float> z(static_cast<std::size_t>(layout.entries()));
    fill_normal(5, static_cast<std::uint64_t>(i), 0, layout.entries(), z.data());
    const Numbers stored(z.begin(), z.end());
    layout.expand(stored.data(), expected.data() + i * d * layout.cols());
  }
  CHECK(same_bits(plain(wide).A, expected));
  CHECK(same_bits(plain(narrow).A, expected));
}

TEST_CASE("the symmetric Gaussian ensemble is isometric in the mean") {
  const Index m = 20000, d = 6;
  const Numbers X = symmetric_normals(d, 1);
  const auto op = symmetric_gaussian(m, d);
  const Numbers y = forward(op, X);
  // (1/m) ||A(X)||^2 / ||X||^2 is chi-squared: mean 1, standard deviation sqrt(2/m) = 0.01
  CHECK(std::abs(inner(y, y) / static_cast<double>(m) / inner(X, X) - 1) < 0.04);
  const reference::Operator loops = plain(op);
  CHECK(relative_error(y, reference::forward(loops, X)) < 1e-12);
  const Numbers r = normals(m, 2);
  CHECK(relative_error(adjoint(op, r), reference::adjoint(loops, r)) < 1e-12);
}

TEST_CASE_TEMPLATE("measurements of a product are those of its assembled matrix", Case,
                   IPGD_FOUR_DENSE) {
  const Index m = 10, d = 7, rank = 3;
  const auto op = Case::make(m, d);
  const Numbers L = normals(d * rank, 2), R = Case::kSymmetric ? L : normals(op.cols() * rank, 3);
  const double* right = Case::kSymmetric ? L.data() : R.data();
  const auto product = ThetaView::product(L.data(), right, d, op.cols(), rank);
  Numbers X(static_cast<std::size_t>(d * op.cols()));
  assemble(product, X.data());
  CHECK(same_bits(forward(op, product), forward(op, X)));
}

}  // namespace ipgd
