// Dot products in one order of summation: eight lanes, then a fixed tree. Their bits depend neither
// on the address of the data nor on a library.
#pragma once

#include "ipgd/base/types.hpp"

namespace ipgd {

double dot(const double* x, const double* y, Index n) noexcept;
/// Euclidean norm; neither overflows nor underflows before the result does.
double norm(const double* x, Index n) noexcept;

}  // namespace ipgd
