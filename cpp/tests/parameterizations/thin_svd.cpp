#include "ipgd/parameterizations/thin_svd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace ipgd;

namespace {

double off_orthonormal(const Matrix& Q) {
  return (Q.transpose() * Q - Matrix::Identity(Q.cols(), Q.cols())).cwiseAbs().maxCoeff();
}

// X_ij = sin(i j + i + 1) * decay^j, without structure and with singular values that fall
Matrix example(Index rows, Index cols, double decay) {
  Matrix X(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j)
      X(i, j) = std::sin(static_cast<double>(i * j + i + 1)) * std::pow(decay, j);
  return X;
}

}  // namespace

TEST_CASE("thin_svd: orthonormal columns, descending values, and their product is the matrix") {
  for (const auto& shape : {std::pair<Index, Index>{1, 1}, {5, 1}, {7, 3}, {3, 7}, {30, 30}})
    for (const double decay : {1.0, 0.1, 0.0}) {
      const Index rows = shape.first, cols = shape.second;
      CAPTURE(rows);
      CAPTURE(cols);
      CAPTURE(decay);
      const Matrix X = example(rows, cols, decay);
      const Svd svd = thin_svd(X);
      REQUIRE(svd.values.size() == std::min(rows, cols));
      REQUIRE(svd.left.cols() == svd.values.size());
      REQUIRE(svd.right.cols() == svd.values.size());
      CHECK(off_orthonormal(svd.left) < 1e-13);
      CHECK(off_orthonormal(svd.right) < 1e-13);
      for (Index j = 1; j < svd.values.size(); ++j) CHECK(svd.values[j] <= svd.values[j - 1]);
      const Matrix product = svd.left * svd.values.asDiagonal() * svd.right.transpose();
      CHECK((product - X).cwiseAbs().maxCoeff() < 1e-14 * X.norm());
    }
}

TEST_CASE("thin_svd: a matrix without columns has no singular values") {
  const Svd svd = thin_svd(Matrix(4, 0));
  CHECK(svd.values.size() == 0);
  CHECK(svd.left.rows() == 4);
  CHECK(svd.left.cols() == 0);
  CHECK(svd.right.size() == 0);
  CHECK(svd.right.rows() == 0);
}

TEST_CASE("thin_svd: small values are not lost to squaring") {
  const Matrix X = Vector(Vector::LinSpaced(6, 0, 5).unaryExpr([](double j) {
                     return std::pow(10.0, -3 * j);
                   })).asDiagonal();
  const Svd svd = thin_svd(X);
  for (Index j = 0; j < 6; ++j)
    CHECK(svd.values[j] == doctest::Approx(std::pow(10.0, -3.0 * static_cast<double>(j))));
}

TEST_CASE("eigenpairs: descending, and the lower triangle is read") {
  Matrix X = example(12, 12, 0.8);
  const Matrix symmetric = X + X.transpose();
  Matrix lower = symmetric;
  lower.triangularView<Eigen::StrictlyUpper>().setConstant(NAN);
  const Eigenpairs pairs = eigenpairs(lower);
  CHECK(off_orthonormal(pairs.vectors) < 1e-13);
  for (Index j = 1; j < 12; ++j) CHECK(pairs.values[j] <= pairs.values[j - 1]);
  const Matrix product = pairs.vectors * pairs.values.asDiagonal() * pairs.vectors.transpose();
  CHECK((product - symmetric).cwiseAbs().maxCoeff() < 1e-13);
}
