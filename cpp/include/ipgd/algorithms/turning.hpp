// Factors in columns that are nearly orthogonal and of falling size, whose Theta is the same.
#pragma once

#include "ipgd/base/types.hpp"

namespace ipgd {

/// X <- X Q, Q orthogonal: one sweep of one-sided Jacobi over the columns of X (rows x k,
/// row-major) in the order of their size. `work` is scratch for rows * k numbers.
///
/// Where two columns differ by any power of two, the smaller one loses its part along the larger
/// one and keeps its other digits: what is far below the rounding of a column survives in another.
void turn_columns(double* X, Index rows, Index k, double* work);

}  // namespace ipgd
