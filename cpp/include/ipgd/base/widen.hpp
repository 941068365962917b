// Narrow numbers, and how they become lanes of a sum. Every conversion here is exact.
#pragma once

#include <cstdint>
#include <type_traits>

#include "ipgd/base/simd.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace ipgd {

/// The upper half of a float32: 8 bits of precision, the exponents of float32.
struct BFloat16 {
  std::uint16_t bits;
};

inline float widen(BFloat16 value) noexcept {
  const std::uint32_t bits = std::uint32_t{value.bits} << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}
template <class Storage>
inline Storage widen(Storage value) noexcept {
  return value;
}

/// Pack of the numbers at p.
template <class Sum, class Storage>
inline Pack<Sum> load(const Storage* p) noexcept {
  [[maybe_unused]] constexpr Index n = kLanes<Sum>;
  const auto read = [p](auto& vector) { std::memcpy(&vector, p, sizeof vector); };
  if constexpr (std::is_same_v<Storage, Sum>) {
    Pack<Sum> values;
    read(values);
    return values;
#if defined(__AVX512F__)
    // GCC 12 widens by halves and shuffles where one instruction does it.
  } else if constexpr (std::is_same_v<Storage, float>) {
    return _mm512_cvtps_pd(_mm256_loadu_ps(p));
  } else if constexpr (std::is_same_v<Storage, std::int8_t>) {
    if constexpr (std::is_same_v<Sum, float>) {
      const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(narrow));
    } else {
      const __m128i narrow = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
      return _mm512_cvtepi32_pd(_mm256_cvtepi8_epi32(narrow));
    }
  } else if constexpr (std::is_same_v<Sum, float>) {
    const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16));
  } else {
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m256i bits = _mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16);
    return _mm512_cvtps_pd(_mm256_castsi256_ps(bits));
  }
#else
  } else if constexpr (std::is_same_v<Storage, std::int8_t>) {
    VectorType<std::int8_t, n> narrow;
    read(narrow);
    const auto half = __builtin_convertvector(narrow, VectorType<std::int16_t, n>);
    const auto wide = __builtin_convertvector(half, VectorType<std::int32_t, n>);
    return __builtin_convertvector(wide, Pack<Sum>);
  } else if constexpr (std::is_same_v<Storage, BFloat16>) {
    VectorType<std::uint16_t, n> narrow;
    read(narrow);
    const auto bits = __builtin_convertvector(narrow, VectorType<std::uint32_t, n>) << 16;
    VectorType<float, n> wide;
    std::memcpy(&wide, &bits, sizeof wide);
    return __builtin_convertvector(wide, Pack<Sum>);
  } else {
    VectorType<Storage, n> values;
    read(values);
    return __builtin_convertvector(values, Pack<Sum>);
  }
#endif
}

/// The lanes as doubles: those of a float Pack in two halves that are added up.
inline Pack<double> fold(const Pack<double>& v) noexcept { return v; }
inline Pack<double> fold(const Pack<float>& v) noexcept {
  VectorType<float, 8> low, high;
  std::memcpy(&low, &v, sizeof low);
  std::memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
#if defined(__AVX512F__)
  __m256 a, b;
  std::memcpy(&a, &low, sizeof a);
  std::memcpy(&b, &high, sizeof b);
  return _mm512_cvtps_pd(a) + _mm512_cvtps_pd(b);
#else
  return __builtin_convertvector(low, Pack<double>) + __builtin_convertvector(high, Pack<double>);
#endif
}

}  // namespace ipgd
