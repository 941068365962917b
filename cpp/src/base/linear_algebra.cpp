#include "ipgd/base/linear_algebra.hpp"

#include <Eigen/QR>

#include "ipgd/base/normal.hpp"

namespace ipgd {

double spectral_norm(const ConstMatrixMap& matrix, const Execution& execution) {
  constexpr int kMaxIterations = 300;
  constexpr double kTolerance = 1e-10;
  const double scale = matrix.cwiseAbs().maxCoeff();
  if (!(scale > 0)) return 0;
  const Matrix scaled = matrix / scale;  // neither overflows nor underflows
  Eigen::VectorXf start(matrix.cols());
  fill_normal(0, 0, 0, start.size(), start.data());
  Vector v = start.cast<double>().normalized(), image(matrix.rows());
  double sigma = 0;
  for (int i = 0; i < kMaxIterations; ++i) {
    execution.poll();
    image.noalias() = scaled * v;
    const double next = image.norm();
    if (next == 0) return 0;
    v.noalias() = scaled.transpose() * image;
    v.normalize();
    if (std::abs(next - sigma) <= kTolerance * next) return scale * next;
    sigma = next;
  }
  return scale * sigma;
}

Matrix orthonormal_columns(const ConstMatrixMap& X) {
  const Eigen::HouseholderQR<Matrix> qr(X);
  return qr.householderQ() * Matrix::Identity(X.rows(), X.cols());
}

}  // namespace ipgd
