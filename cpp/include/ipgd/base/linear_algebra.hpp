// Dense algebra whose bits do not depend on a BLAS and its threads.
#pragma once

#include "ipgd/base/execution.hpp"

namespace ipgd {

/// out <- X Y, by blocks of rows which threads share; the same bits wherever the three lie.
void multiply(const ConstMatrixMap& X, const ConstMatrixMap& Y, MatrixMap out,
              const Execution& execution);

/// Largest singular value, by power iteration from a fixed start to a relative change of 1e-10 (300
/// iterations at most): never above the true value. Throws Interrupted.
double spectral_norm(const ConstMatrixMap& matrix, const Execution& execution);

/// Q of the QR factorisation of X (rows >= cols): orthonormal columns spanning those of X.
Matrix orthonormal_columns(const ConstMatrixMap& X);

/// R of the QR factorisation of X: upper triangular, as many rows as X has rows or columns,
/// whichever is less. R_X R_Yᵀ has the singular values of X Yᵀ.
Matrix triangular_factor(const Eigen::Ref<const Matrix>& X);

/// W <- Qᵀ W, where Q R is the QR factorisation of its first `leading` columns: those become upper
/// triangular (what is below their diagonal is left undefined). By blocks of Householder
/// reflections; the others are transformed one by one, so that their bits do not depend on each
/// other. Throws Interrupted.
void triangularise(Eigen::Ref<Eigen::MatrixXd> W, Index leading, const Execution& execution);

}  // namespace ipgd
