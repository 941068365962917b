// Eight doubles as one value. Compilers lower it to one, two or four registers, so the order of
// every sum is the same at each ISA level (only the rounding of fused multiply-adds differs).
#pragma once

#include <cstring>

#include "ipgd/base/types.hpp"

namespace ipgd {

inline constexpr Index kLanes = 8;
using Pack = double __attribute__((vector_size(kLanes * sizeof(double))));

inline Pack load(const double* p) noexcept {
  Pack v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// Widens eight floats; exact.
inline Pack load(const float* p) noexcept {
  using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
  Floats v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, Pack);
}

inline void store(double* p, Pack v) noexcept { std::memcpy(p, &v, sizeof v); }

inline double sum(Pack v) noexcept {
  return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
}

}  // namespace ipgd
