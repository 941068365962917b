#include "ipgd/algorithms/turning.hpp"

#include "algorithms/runs.hpp"

namespace ipgd {

using namespace test;

namespace {

Matrix turned(const Matrix& X, Index sweeps = 1) {
  Matrix out = X;
  std::vector<double> work(static_cast<std::size_t>(X.size()));
  for (Index n = 0; n < sweeps; ++n) turn_columns(out.data(), X.rows(), X.cols(), work.data());
  return out;
}

Matrix random(Index rows, Index k) { return ConstMatrixMap(normals(rows * k, 1).data(), rows, k); }

}  // namespace

TEST_CASE("turned columns make the same X Xᵀ, and become its eigenvectors") {
  for (const Index k : {1, 3, 5, 9}) {  // up to more columns than rows
    CAPTURE(k);
    const Matrix X = random(6, k), once = turned(X), often = turned(X, 12);
    const double size = X.squaredNorm();
    CHECK((once * once.transpose() - X * X.transpose()).norm() <= 1e-14 * size);
    CHECK((often * often.transpose() - X * X.transpose()).norm() <= 1e-13 * size);
    const Matrix gram = often.transpose() * often;
    CHECK((gram - Matrix(gram.diagonal().asDiagonal())).norm() <= 1e-13 * size);
    for (Index l = 1; l < k; ++l) CHECK(gram(l, l) <= gram(l - 1, l - 1) + 1e-13 * size);
  }
}

TEST_CASE("a column of any size keeps the digits of what the larger one does not have") {
  const Matrix X = random(7, 2);
  const Vector a = X.col(0), b = X.col(1), rest = b - a * (a.dot(b) / a.dot(a));
  for (const int exponent : {-60, -500, -1000}) {
    CAPTURE(exponent);
    for (const bool first : {true, false}) {  // the small column, the large one
      Matrix both(7, 2);
      both.col(first ? 0 : 1) = std::ldexp(1.0, exponent) * b;
      both.col(first ? 1 : 0) = a;
      const Matrix out = turned(both);
      CHECK((out.col(0) - a).norm() <= 1e-15 * a.norm());
      CHECK((std::ldexp(1.0, -exponent) * out.col(1) - rest).norm() <= 1e-14 * rest.norm());
    }
  }
}

TEST_CASE("columns that are zero, orthogonal or not finite are left as they are") {
  const Matrix diagonal = Vector{{3, 2, 1}}.asDiagonal();
  CHECK(turned(diagonal) == diagonal);
  CHECK(turned(Matrix::Zero(4, 3)) == Matrix::Zero(4, 3));
  Matrix X = random(5, 3);
  X.col(1).setZero();
  const Matrix out = turned(X);
  CHECK(out.col(2).norm() == 0);
  CHECK((out * out.transpose() - X * X.transpose()).norm() <= 1e-14 * X.squaredNorm());
  X(2, 1) = std::numeric_limits<double>::infinity();
  CHECK(turned(X) == X);
}

TEST_CASE("equal columns become one") {
  Matrix X(4, 2);
  X.col(0) = X.col(1) = random(4, 1).col(0);
  const Matrix out = turned(X);
  CHECK(out.col(1).norm() <= 1e-15 * X.norm());
  CHECK(out.col(0).norm() == doctest::Approx(X.norm()).epsilon(1e-14));
}

}  // namespace ipgd
