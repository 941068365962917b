// The back-projection of a residual, applied to a factor without being formed.
#pragma once

#include "ipgd/operators/operator.hpp"

namespace ipgd {

/// out <- A*(r) F with F of d2 x k (out d1 x k), or A*(r)ᵀ F with F of d1 x k (out d2 x k) when
/// `transposed`; for a symmetric operator the two are the same. One pass over A.
void adjoint_times(const Operator& op, const double* r, const double* F, Index k, bool transposed,
                   double* out, const Execution& execution);

/// The largest singular value of A*(r) and its singular vectors, A*(r) v = sigma u.
struct SingularTriplet {
  double sigma = 0;
  Vector u, v;  // d1, d2; v is zero where sigma is
};

/// Power iteration from a fixed start, until sigma changes by less than a relative `tolerance` or
/// for 300 iterations. sigma is never above the true value. Each iteration takes two passes; A*(r)
/// is not formed. Throws Interrupted.
SingularTriplet leading_triplet(const Operator& op, const double* r, double tolerance,
                                const Execution& execution);

}  // namespace ipgd
