// The metric of a model: what scaled gradient methods divide the gradient by.
#pragma once

#include "ipgd/base/types.hpp"

namespace ipgd {

/// What stands for the inverse of a singular matrix.
enum class Inverse {
  exact,   // nothing
  pseudo,  // the pseudo-inverse
};

/// M(theta)^{-1} with the memory that it takes; one for each run.
class Preconditioner {
 public:
  virtual ~Preconditioner() = default;
  /// out <- (M(theta) + damping I)^{-1} gradient; false where that matrix is singular to working
  /// precision (Inverse::exact), and `out` is then undefined.
  virtual bool apply(const double* theta, const double* gradient, double damping, double* out) = 0;
};

}  // namespace ipgd
