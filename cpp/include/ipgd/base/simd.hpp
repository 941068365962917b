// 64 bytes of numbers as one value: eight doubles or sixteen floats, in as many registers as the
// instruction set needs. The order of every sum is the same at each level (only the rounding of
// fused multiply-adds differs).
#pragma once

#include <cstring>

#include "ipgd/base/types.hpp"

namespace ipgd {

#if defined(__AVX512F__)
inline constexpr Index kRegisterBytes = 64;
#elif defined(__AVX__)
inline constexpr Index kRegisterBytes = 32;
#else
inline constexpr Index kRegisterBytes = 16;
#endif

template <class Number, Index kCount>
struct VectorOf {
  using Type __attribute__((vector_size(kCount * sizeof(Number)))) = Number;
};
template <class Number, Index kCount>
using VectorType = typename VectorOf<Number, kCount>::Type;

/// Numbers in a register and in a Pack.
template <class Sum>
inline constexpr Index kRegisterLanes = kRegisterBytes / static_cast<Index>(sizeof(Sum));
template <class Sum>
inline constexpr Index kLanes = 64 / static_cast<Index>(sizeof(Sum));

// An array of registers and not one 64-byte vector, which GCC keeps in memory where registers are
// narrower: on AVX2 a batch of 16 took eight times as long.
template <class Sum>
struct Pack {
  static constexpr Index kRegisters = 64 / kRegisterBytes;
  VectorType<Sum, kRegisterLanes<Sum>> part[kRegisters];

  Sum operator[](Index i) const noexcept {
    return part[i / kRegisterLanes<Sum>][i % kRegisterLanes<Sum>];
  }
  Pack& operator+=(const Pack& other) noexcept {
    for (Index i = 0; i < kRegisters; ++i) part[i] += other.part[i];
    return *this;
  }
};

/// sum += a b
template <class Sum>
inline void add_product(Pack<Sum>& sum, const Pack<Sum>& a, const Pack<Sum>& b) noexcept {
  for (Index i = 0; i < Pack<Sum>::kRegisters; ++i) sum.part[i] += a.part[i] * b.part[i];
}
template <class Sum>
inline void add_product(Pack<Sum>& sum, const Pack<Sum>& a, Sum b) noexcept {
  for (Index i = 0; i < Pack<Sum>::kRegisters; ++i) sum.part[i] += a.part[i] * b;
}

template <class Sum>
inline void store(Sum* p, const Pack<Sum>& v) noexcept {
  std::memcpy(p, &v, sizeof v);
}

/// ((v0 + v1) + (v2 + v3)) + ((v4 + v5) + (v6 + v7))
inline double sum(const Pack<double>& v) noexcept {
#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define IPGD_HAS_SHUFFLE
#endif
#endif
#if defined(IPGD_HAS_SHUFFLE)
  VectorType<double, 4> low, high;
  std::memcpy(&low, &v, sizeof low);
  std::memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
  const auto pairs =  // v0 + v1, v4 + v5, v2 + v3, v6 + v7
      __builtin_shufflevector(low, high, 0, 4, 2, 6) +
      __builtin_shufflevector(low, high, 1, 5, 3, 7);
  const auto quads =
      __builtin_shufflevector(pairs, pairs, 0, 1) + __builtin_shufflevector(pairs, pairs, 2, 3);
  return quads[0] + quads[1];
#else
  return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
#endif
}

}  // namespace ipgd
