// Dot products in one order of summation: eight lanes, then a fixed tree. Their bits depend neither
// on the address of the data nor on a library.
#pragma once

#include "ipgd/base/types.hpp"

namespace ipgd {

double dot(const double* x, const double* y, Index n) noexcept;
/// Euclidean norm; neither overflows nor underflows before the result does.
double norm(const double* x, Index n) noexcept;
/// -<x, dx> / ||x||^2, the relative growth of ||x|| while x moves along -dx. Neither overflows nor
/// underflows before the result does. Of x = 0 it is 0 where dx = 0, too, and infinite elsewhere.
double growth_rate(const double* x, const double* dx, Index n) noexcept;

}  // namespace ipgd
