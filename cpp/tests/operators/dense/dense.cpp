#include "ipgd/operators/dense/dense.hpp"

#include "operators/dense/dense_cases.hpp"

namespace ipgd {

using namespace test;

TEST_CASE_TEMPLATE("dense operators agree with the plain loops", Case, IPGD_ALL_DENSE) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const Numbers A = Case::matrices(m, d);
      const auto owner = Case::make(A, m, d);
      const DenseOperator& op = *owner;
      const reference::Operator loops{as_int(m), as_int(d), as_int(op.cols()), A};
      const Numbers X = Case::theta(d, 2), y = normals(m, 3), r = normals(m, 4);

      CHECK(relative_error(forward(op, X), reference::forward(loops, X)) < Case::kRounding);
      CHECK(relative_error(adjoint(op, r), reference::adjoint(loops, r)) < Case::kRounding);
      const auto fused = residual_adjoint(op, X, y);
      const auto expected = reference::residual_adjoint(loops, X, y);
      CHECK(relative_error(fused.residual, expected.residual) < Case::kRounding);
      CHECK(relative_error(fused.gradient, expected.gradient) < Case::kRounding);
    }
}

TEST_CASE_TEMPLATE("forward and adjoint are adjoint", Case, IPGD_ALL_DENSE) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const auto owner = Case::make(m, d);
      const DenseOperator& op = *owner;
      const Numbers X = Case::theta(d, 2), r = normals(m, 3);
      const Numbers y = forward(op, X);
      CHECK(std::abs(inner(y, r) - inner(X, adjoint(op, r))) <
            Case::kRounding / 10 * norm(y) * norm(r));
    }
}

TEST_CASE_TEMPLATE("the fused pass has the bits of forward, minus y, adjoint", Case,
                   IPGD_ALL_DENSE) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const auto owner = Case::make(m, d);
      const DenseOperator& op = *owner;
      const Numbers X = Case::theta(d, 2), y = normals(m, 3);
      const auto fused = residual_adjoint(op, X, y);
      const Numbers residual = minus(forward(op, X), y);
      CHECK(same_bits(fused.residual, residual));
      CHECK(same_bits(fused.gradient, adjoint(op, residual)));
    }
}

TEST_CASE_TEMPLATE("rows come back as they were set", Case, IPGD_ALL_DENSE) {
  for (const Index d : kDimensions) {
    const Index m = 5;
    const Numbers A = Case::matrices(m, d);
    CHECK(same_bits(plain(*Case::make(A, m, d)).A, A));

    // in pieces, out of order
    const auto owner = Case::empty(m, d);
    DenseOperator& op = *owner;
    const Index size = op.rows() * op.cols();
    CHECK(op.set_rows(2, 3, A.data() + 2 * size, {}));
    CHECK(op.set_rows(0, 2, A.data(), {3, nullptr}));
    Numbers back(static_cast<std::size_t>(2 * size));
    op.get_rows(1, 2, back.data());
    CHECK(same_bits(back.data(), A.data() + size, 2 * size));
  }
}

TEST_CASE_TEMPLATE("set_rows reports values that storage rounds", Case, IPGD_ALL_DENSE) {
  for (const Index where : {0, 1, 4}) {
    const Index m = 5, d = 2;
    Numbers A = Case::matrices(m, d);
    const auto owner = Case::empty(m, d);
    DenseOperator& op = *owner;
    A[static_cast<std::size_t>(where * op.rows() * op.cols())] = 0.1;  // not on the float32 grid
    CHECK(op.set_rows(0, m, A.data(), {}) == (Case::kBytes == 8));
    // and keeps them to the precision of the storage
    const double precision[] = {0, 1.0 / 127, 1.0 / 256, 0, 0x1p-24};
    if (Case::kBytes < 8) CHECK(relative_error(plain(op).A, A) < precision[Case::kBytes]);
  }
}

TEST_CASE_TEMPLATE("operators describe themselves", Case, IPGD_ALL_DENSE) {
  const auto owner = Case::empty(3, 7);
  const DenseOperator& op = *owner;
  CHECK(op.measurements() == 3);
  CHECK(op.rows() == 7);
  CHECK(op.cols() == (Case::kSymmetric ? 7 : 9));
  CHECK(op.symmetric() == Case::kSymmetric);
  CHECK(std::string(op.storage()) == Case::storage());
  CHECK(std::string(op.sums()) == Case::sums());
  const Index row_bytes = round_up((Case::kSymmetric ? 28 : 63) * Case::kBytes, 64);
  const Index scale_bytes = Case::kBytes == 1 ? 8 : 0;
  CHECK(op.nbytes() == 3 * (row_bytes + scale_bytes));
  CHECK(dense_nbytes(3, Case::layout(7), Case::storage()) == op.nbytes());
}

TEST_CASE("a symmetric operator measures the symmetric part of given matrices") {
  const Index m = 20, d = 7;
  const Numbers A = normals(m * d * d, 1), X = symmetric_normals(d, 2), r = normals(m, 3);
  const auto owner = make_dense(m, Layout::symmetric(d, 1.0), "float64", "float64");
  DenseOperator& op = *owner;
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

TEST_CASE("Gaussian rows are the addressed normals, the same in both wide storages") {
  const Index m = 3, d = 50;  // more entries than one tile of the fill
  for (const Layout& layout :
       {Layout::symmetric(d, std::sqrt(2.0)), Layout::rectangular(d, d + 2)}) {
    Numbers expected(static_cast<std::size_t>(m * d * layout.cols()));
    for (Index i = 0; i < m; ++i) {
      std::vector<float> z(static_cast<std::size_t>(layout.entries()));
      fill_normal(5, static_cast<std::uint64_t>(i), 0, layout.entries(), z.data());
      const Numbers stored(z.begin(), z.end());
      layout.expand(stored.data(), expected.data() + i * d * layout.cols());
    }
    for (const char* storage : {"float64", "float32"}) {
      const auto op = make_dense(m, layout, storage, "float64");
      op->fill_gaussian(5, {3, nullptr});
      CHECK(same_bits(plain(*op).A, expected));
    }
  }
}

TEST_CASE("the symmetric Gaussian ensemble is isometric in the mean") {
  const Index m = 20000, d = 6;
  const Numbers X = symmetric_normals(d, 1);
  const auto owner = symmetric_gaussian(m, d);
  const DenseOperator& op = *owner;
  const Numbers y = forward(op, X);
  // (1/m) ||A(X)||^2 / ||X||^2 is chi-squared: mean 1, standard deviation sqrt(2/m) = 0.01
  CHECK(std::abs(inner(y, y) / static_cast<double>(m) / inner(X, X) - 1) < 0.04);
  const reference::Operator loops = plain(op);
  CHECK(relative_error(y, reference::forward(loops, X)) < 1e-12);
  const Numbers r = normals(m, 2);
  CHECK(relative_error(adjoint(op, r), reference::adjoint(loops, r)) < 1e-12);
}

TEST_CASE_TEMPLATE("measurements of a product are those of its assembled matrix", Case,
                   IPGD_ALL_DENSE) {
  const Index m = 10, d = 7, rank = 3;
  const auto owner = Case::make(m, d);
  const DenseOperator& op = *owner;
  const Numbers L = normals(d * rank, 2), R = Case::kSymmetric ? L : normals(op.cols() * rank, 3);
  const double* right = Case::kSymmetric ? L.data() : R.data();
  const auto product = ThetaView::product(L.data(), right, d, op.cols(), rank);
  Numbers X(static_cast<std::size_t>(d * op.cols()));
  assemble(product, X.data());
  CHECK(same_bits(forward(op, product), forward(op, X)));
}

}  // namespace ipgd
