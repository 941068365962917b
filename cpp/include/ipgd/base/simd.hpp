// 64 bytes of numbers as one value: eight doubles or sixteen floats. Compilers lower it to one, two
// or four registers, so the order of every sum is the same at each ISA level (only the rounding of
// fused multiply-adds differs).
#pragma once

#include <cstring>

#include "ipgd/base/types.hpp"

namespace ipgd {

template <class Number, Index kCount>
struct VectorOf {
  using Type __attribute__((vector_size(kCount * sizeof(Number)))) = Number;
};
template <class Number, Index kCount>
using VectorType = typename VectorOf<Number, kCount>::Type;

/// Numbers in a Pack.
template <class Sum>
inline constexpr Index kLanes = 64 / static_cast<Index>(sizeof(Sum));
template <class Sum>
using Pack = VectorType<Sum, kLanes<Sum>>;

template <class Sum>
inline void store(Sum* p, const Pack<Sum>& v) noexcept {
  std::memcpy(p, &v, sizeof v);
}

inline double sum(const Pack<double>& v) noexcept {
  return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
}

}  // namespace ipgd
