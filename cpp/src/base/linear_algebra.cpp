#include "ipgd/base/linear_algebra.hpp"

#include <Eigen/QR>

#include "ipgd/base/chunks.hpp"
#include "ipgd/base/normal.hpp"

namespace ipgd {

void multiply(const ConstMatrixMap& X, const ConstMatrixMap& Y, MatrixMap out,
              const Execution& execution) {
  // Products that Eigen makes without packing have bits that depend on addresses (not X Yᵀ, Xᵀ Y).
  constexpr Index kPacked = 20;
  for_row_blocks(execution, X.rows(), X.size() * Y.cols(), [&](Index begin, Index end) {
    if (end - begin + X.cols() + Y.cols() >= kPacked) {
      out.middleRows(begin, end - begin).noalias() = X.middleRows(begin, end - begin) * Y;
      return;
    }
    for (Index i = begin; i < end; ++i) {
      out.row(i).setZero();
      for (Index l = 0; l < X.cols(); ++l) out.row(i) += X(i, l) * Y.row(l);
    }
  });
}

Eigen::VectorXf fixed_gaussian_vector(Index n) {
  Eigen::VectorXf start(n);
  fill_normal(0, 0, 0, n, start.data());
  return start;
}

double spectral_norm(const ConstMatrixMap& matrix, const Execution& execution) {
  constexpr double kTolerance = 1e-10;
  const double scale = matrix.cwiseAbs().maxCoeff();
  if (!(scale > 0)) return 0;
  const Matrix scaled = matrix / scale;  // neither overflows nor underflows
  Vector v = fixed_gaussian_vector(matrix.cols()).cast<double>().normalized();
  Vector image(matrix.rows());
  const double sigma = power_iteration(
      kTolerance, execution,
      [&] {
        image.noalias() = scaled * v;
        return image.norm();
      },
      [&] {
        v.noalias() = scaled.transpose() * image;
        v.normalize();
      });
  return scale * sigma;
}

Matrix orthonormal_columns(const ConstMatrixMap& X) {
  const Eigen::HouseholderQR<Matrix> qr(X);
  return qr.householderQ() * Matrix::Identity(X.rows(), X.cols());
}

Matrix triangular_factor(const Eigen::Ref<const Matrix>& X) {
  Eigen::MatrixXd W = X;
  triangularise(W, W.cols(), {});
  Matrix R = Matrix::Zero(std::min(W.rows(), W.cols()), W.cols());
  R.triangularView<Eigen::Upper>() = W.topRows(R.rows());
  return R;
}

void triangularise(Eigen::Ref<Eigen::MatrixXd> W, Index leading, const Execution& execution) {
  // Blocks of 48 reflections are applied as matrix products, whose columns threads share.
  constexpr Index kReflections = 48, kColumns = 128;
  const Index rows = W.rows(), last = std::min(rows, leading), others = W.cols() - leading;
  for (Index k = 0; k < last; k += kReflections) {
    execution.poll();
    const Index n = std::min(kReflections, last - k), next = k + n;
    auto columns = W.block(k, k, rows - k, n);
    const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> qr(columns);  // in place
    const Index blocks = (leading - next + kColumns - 1) / kColumns;
    parallel_for(execution, blocks + others, [&](Index b) {
      const Index begin = b < blocks ? next + b * kColumns : leading + b - blocks;
      const Index width = b < blocks ? std::min(kColumns, leading - begin) : 1;
      W.block(k, begin, rows - k, width).applyOnTheLeft(qr.householderQ().adjoint());
    });
  }
}

}  // namespace ipgd
