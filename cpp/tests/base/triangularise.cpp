#include "helpers.hpp"
#include "ipgd/base/linear_algebra.hpp"

namespace ipgd {

using namespace test;

namespace {

struct Shape {
  Index rows, leading, others;
};
// Few columns; wide; one block of reflections (48) and more; more than one block of columns (128).
constexpr Shape kShapes[] = {{1, 1, 1},   {10, 10, 2}, {60, 40, 3},   {31, 50, 2},
                             {49, 49, 1}, {97, 97, 2}, {203, 150, 3}, {301, 277, 1}};

Eigen::MatrixXd random_matrix(Index rows, Index cols) {
  const Numbers values = normals(rows * cols, 9);
  return Eigen::Map<const Eigen::MatrixXd>(values.data(), rows, cols);
}

/// What is defined of the result: R with zeros below, and the other columns.
Eigen::MatrixXd triangularised(Eigen::MatrixXd W, Index leading, int n_threads = 1) {
  triangularise(W, leading, {n_threads, nullptr});
  W.leftCols(leading).triangularView<Eigen::StrictlyLower>().setZero();
  return W;
}

bool same(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && same_bits(a.data(), b.data(), a.size());
}

}  // namespace

TEST_CASE("triangularise multiplies by an orthogonal matrix: all inner products are kept") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.rows);
    CAPTURE(shape.leading);
    const Eigen::MatrixXd W = random_matrix(shape.rows, shape.leading + shape.others);
    const Eigen::MatrixXd after = triangularised(W, shape.leading);
    const Eigen::MatrixXd before_products = W.transpose() * W;
    const Eigen::MatrixXd after_products = after.transpose() * after;
    // RᵀR = WᵀW, Rᵀz = WᵀY. A reflection rounds by a few 1e-16, and 300 of them add up to less
    // than 1e-14 of a norm.
    CHECK((after_products - before_products).norm() < 1e-13 * before_products.norm());
    for (Index k = shape.leading; k < W.cols(); ++k)
      CHECK(after.col(k).norm() == doctest::Approx(W.col(k).norm()).epsilon(1e-13));
  }
}

TEST_CASE("columns that depend on each other, and columns of zeros, do no harm") {
  Eigen::MatrixXd W = random_matrix(60, 53);
  W.col(3) = W.col(1);
  W.col(7).setZero();
  W.col(50) = W.col(2) + W.col(49);
  W.row(5).setZero();
  const Eigen::MatrixXd after = triangularised(W, 51);
  CHECK(after.allFinite());
  CHECK((after.transpose() * after - W.transpose() * W).norm() < 1e-13 * W.squaredNorm());
}

TEST_CASE("triangularise has the same bits for every number of threads") {
  for (const Shape& shape : kShapes) {
    const Eigen::MatrixXd W = random_matrix(shape.rows, shape.leading + shape.others);
    const Eigen::MatrixXd serial = triangularised(W, shape.leading);
    for (const int n_threads : kThreadCounts)
      CHECK(same(triangularised(W, shape.leading, n_threads), serial));
  }
}

TEST_CASE("the other columns change neither R nor each other") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.rows);
    CAPTURE(shape.leading);
    const Index leading = shape.leading, company = 5;
    const Eigen::MatrixXd W = random_matrix(shape.rows, leading + company);
    const Eigen::MatrixXd together = triangularised(W, leading);
    CHECK(same(triangularised(W.leftCols(leading), leading), together.leftCols(leading)));
    for (Index k = 0; k < company; ++k) {
      Eigen::MatrixXd alone(shape.rows, leading + 1);
      alone << W.leftCols(leading), W.col(leading + k);
      alone = triangularised(alone, leading);
      CHECK(same(alone.leftCols(leading), together.leftCols(leading)));
      CHECK(same(alone.col(leading), together.col(leading + k)));
    }
  }
}

TEST_CASE("triangularise can be interrupted, also after its first block") {
  for (const Index allowed : {0, 1, 2, 3, 4}) {
    Eigen::MatrixXd W = random_matrix(150, 140);  // three blocks of 48 reflections
    StopAfter stop(allowed);
    CHECK_THROWS_AS(triangularise(W, 140, {1, &stop}), Interrupted);
  }
  Eigen::MatrixXd W = random_matrix(150, 140);
  StopAfter stop(5);  // before each block, and for the columns to the right of the first two
  CHECK_NOTHROW(triangularise(W, 140, {1, &stop}));
}

}  // namespace ipgd
