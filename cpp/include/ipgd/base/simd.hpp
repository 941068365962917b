// 64 bytes of numbers as one value: eight doubles or sixteen floats, in as many registers as the
// instruction set needs. Every sum has the same order in all instruction sets; only fused
// multiply-adds round differently.
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

// An array of registers, not one 64-byte vector: GCC keeps such a vector in memory where registers
// are narrower, and a batch of 16 took eight times as long (AVX2 code, November 2026).
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

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define IPGD_HAS_SHUFFLE
#endif
#endif

/// ((v0 + v1) + (v2 + v3)) + ((v4 + v5) + (v6 + v7))
inline double sum(const Pack<double>& v) noexcept {
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

/// The eight sums of v[0], v[stride], .. v[7 stride], each as above. Made together: 2.4 us a pass,
/// 2.8 one by one (d = 20, 16 runs; AMD Zen 4 with AVX-512, November 2026).
inline Pack<double> sums_of_eight(const Pack<double>* v, Index stride) noexcept {
  Pack<double> result;
#if defined(IPGD_HAS_SHUFFLE) && defined(__AVX512F__)
  const auto pairs = [&](Index i) {  // a01 b01 a23 b23 a45 b45 a67 b67 of a = v_i, b = v_i+1
    const auto a = v[i * stride].part[0], b = v[(i + 1) * stride].part[0];
    return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  };
  const auto quads = [&](Index i) {  // a0123 .. d0123 a4567 .. d4567
    const auto ab = pairs(i), cd = pairs(i + 2);
    return __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
           __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
  };
  const auto first = quads(0), last = quads(4);
  result.part[0] = __builtin_shufflevector(first, last, 0, 1, 2, 3, 8, 9, 10, 11) +
                   __builtin_shufflevector(first, last, 4, 5, 6, 7, 12, 13, 14, 15);
#else
  double each[8];
  for (Index i = 0; i < 8; ++i) each[i] = sum(v[i * stride]);
  std::memcpy(&result, each, sizeof result);
#endif
  return result;
}

}  // namespace ipgd
