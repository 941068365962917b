// Dense algebra whose bits do not depend on a BLAS and its threads.
#pragma once

#include <cmath>
#include <utility>

#include "ipgd/base/execution.hpp"

namespace ipgd {

/// out <- X Y. Threads share blocks of rows. The bits do not depend on where the three lie.
void multiply(const ConstMatrixMap& X, const ConstMatrixMap& Y, MatrixMap out,
              const Execution& execution);

/// The largest singular value of X by power iteration. `times` applies X to a unit vector and
/// returns the length of the image; `transposed_times` makes the next unit vector of the image.
/// Ends when the value changes by a relative `tolerance` or less, or after 300 iterations. The
/// value is never above the true one. Throws Interrupted.
template <class Times, class TransposedTimes>
double power_iteration(double tolerance, const Execution& execution, const Times& times,
                       const TransposedTimes& transposed_times) {
  constexpr int kMaxIterations = 300;
  double sigma = 0;
  for (int i = 0; i < kMaxIterations; ++i) {
    execution.poll();
    const double before = std::exchange(sigma, times());
    if (sigma == 0 || std::abs(sigma - before) <= tolerance * sigma) break;
    transposed_times();
  }
  return sigma;
}

/// The start of power iterations.
Eigen::VectorXf fixed_gaussian_vector(Index n);

/// Largest singular value of a matrix, by power iteration to a relative change of 1e-10. Throws
/// Interrupted.
double spectral_norm(const ConstMatrixMap& matrix, const Execution& execution);

/// Q of the QR factorisation of X (rows >= cols): orthonormal columns spanning those of X.
Matrix orthonormal_columns(const ConstMatrixMap& X);

/// R of the QR factorisation of X: upper triangular, as many rows as X has rows or columns,
/// whichever is less. R_X R_Yᵀ has the singular values of X Yᵀ.
Matrix triangular_factor(const Eigen::Ref<const Matrix>& X);

/// W <- Qᵀ W, where Q R is the QR factorisation of its first `leading` columns. These become upper
/// triangular; what is below their diagonal is left undefined. Householder reflections are applied
/// in blocks, and to the other columns one by one, so that the bits of a column do not depend on
/// the others. Throws Interrupted.
void triangularise(Eigen::Ref<Eigen::MatrixXd> W, Index leading, const Execution& execution);

}  // namespace ipgd
