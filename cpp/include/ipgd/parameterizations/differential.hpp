// The derivative of Theta with respect to the parameters.
#pragma once

#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// out <- dTheta = dL Rᵀ + L dRᵀ, the derivative of Theta along v (d1 x d2, row-major).
void differential(const Parameterization& model, const double* theta, const double* v, double* out,
                  const Execution& execution);

}  // namespace ipgd
