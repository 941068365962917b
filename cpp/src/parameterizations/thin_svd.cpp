#include "ipgd/parameterizations/thin_svd.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace ipgd {
namespace {

// Makes columns p and q of Y orthogonal and rotates those of V with them; false where they are.
bool rotate(Eigen::MatrixXd& Y, Eigen::MatrixXd& V, Index p, Index q) {
  const double orthogonal = 4 * std::numeric_limits<double>::epsilon() *
                            std::sqrt(static_cast<double>(Y.rows()));  // rounding of the product
  const double a = Y.col(p).squaredNorm(), b = Y.col(q).squaredNorm(), c = Y.col(p).dot(Y.col(q));
  if (std::abs(c) <= orthogonal * std::sqrt(a) * std::sqrt(b)) return false;
  const double zeta = (b - a) / (2 * c);
  const double t = (zeta < 0 ? -1 : 1) / (std::abs(zeta) + std::hypot(1, zeta));
  const double cosine = 1 / std::hypot(1, t), sine = cosine * t;
  for (Eigen::MatrixXd* M : {&Y, &V}) {
    const Vector before = M->col(p);
    M->col(p) = cosine * before - sine * M->col(q);
    M->col(q) = sine * before + cosine * M->col(q);
  }
  return true;
}

// Hestenes' one-sided Jacobi method: the columns of Y = X V become orthogonal.
void orthogonalise(Eigen::MatrixXd& Y, Eigen::MatrixXd& V) {
  constexpr int kSweeps = 30;  // two or three are enough after a good first V
  bool rotated = true;
  for (int sweep = 0; rotated && sweep < kSweeps; ++sweep) {
    rotated = false;
    for (Index p = 0; p < Y.cols(); ++p)
      for (Index q = p + 1; q < Y.cols(); ++q) rotated |= rotate(Y, V, p, q);
  }
}

// Orthonormal columns with the signs of these, completed where they are zero.
Eigen::MatrixXd completed(const Eigen::MatrixXd& columns) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(columns);
  Eigen::MatrixXd Q = qr.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), columns.cols());
  for (Index j = 0; j < Q.cols(); ++j)
    if (qr.matrixQR()(j, j) < 0) Q.col(j) = -Q.col(j);
  return Q;
}

}  // namespace

Eigenpairs eigenpairs(const Eigen::Ref<const Matrix>& symmetric) {
  if (symmetric.size() == 0) return {Vector(0), Matrix(0, 0)};
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver{Eigen::MatrixXd(symmetric)};
  return {solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse()};
}

Svd thin_svd(const Eigen::Ref<const Matrix>& matrix) {
  if (matrix.rows() < matrix.cols()) {
    Svd svd = thin_svd(Matrix(matrix.transpose()));
    std::swap(svd.left, svd.right);
    return svd;
  }
  const Index n = matrix.cols();
  if (n == 0) return {Matrix(matrix.rows(), 0), Vector(0), Matrix(0, 0)};
  double scale = matrix.cwiseAbs().maxCoeff();
  if (!(scale > 0 && std::isfinite(scale))) scale = 1;
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix / scale);
  const Eigen::MatrixXd R = qr.matrixQR().topRows(n).triangularView<Eigen::Upper>();
  // The eigenvectors of RᵀR are a good first V. Rotations restore the digits that squaring lost.
  Eigen::MatrixXd V = eigenpairs(R.transpose() * R).vectors;
  Eigen::MatrixXd Y = R * V;
  orthogonalise(Y, V);
  const Vector sizes = Y.colwise().norm();
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index i, Index j) { return sizes[i] > sizes[j]; });
  Svd svd{Matrix::Zero(matrix.rows(), n), Vector(n), Matrix(n, n)};
  Eigen::MatrixXd left = Eigen::MatrixXd::Zero(matrix.rows(), n);
  for (Index j = 0; j < n; ++j) {
    const Index from = order[static_cast<std::size_t>(j)];
    svd.values[j] = scale * sizes[from];
    svd.right.col(j) = V.col(from);
    if (sizes[from] > 0) left.col(j).head(n) = Y.col(from) / sizes[from];
  }
  left.topRows(n) = completed(left.topRows(n));
  svd.left = qr.householderQ() * left;
  return svd;
}

}  // namespace ipgd
