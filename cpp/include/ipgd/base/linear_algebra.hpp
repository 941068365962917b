// Small dense algebra on one thread, so that its bits do not depend on a BLAS and its threads.
#pragma once

#include "ipgd/base/execution.hpp"

namespace ipgd {

/// Largest singular value, by power iteration from a fixed start to a relative change of 1e-10 (300
/// iterations at most): never above the true value. Throws Interrupted.
double spectral_norm(const ConstMatrixMap& matrix, const Execution& execution);

/// Q of the QR factorisation of X (rows >= cols): orthonormal columns spanning those of X.
Matrix orthonormal_columns(const ConstMatrixMap& X);

}  // namespace ipgd
