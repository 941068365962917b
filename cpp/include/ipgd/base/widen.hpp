// Narrow numbers, and how they become lanes of a sum. Every conversion here is exact.
#pragma once

#include <cstdint>
#include <type_traits>

#include "ipgd/base/simd.hpp"

#if defined(__AVX2__)
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

namespace widening {

// One register of Sum from the numbers at p. Intrinsics, because GCC 12 widens by halves and
// shuffles where one instruction would do.
template <class Sum, class Storage>
struct Register;

template <class Number>
struct Register<Number, Number> {
  static auto load(const Number* p) noexcept {
    VectorType<Number, kRegisterLanes<Number>> values;
    std::memcpy(&values, p, sizeof values);
    return values;
  }
};

#if defined(__AVX512F__)
template <>
struct Register<double, float> {
  static auto load(const float* p) noexcept { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
};
template <>
struct Register<float, std::int8_t> {
  static auto load(const std::int8_t* p) noexcept {
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(narrow));
  }
};
template <>
struct Register<double, std::int8_t> {
  static auto load(const std::int8_t* p) noexcept {
    const __m128i narrow = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm512_cvtepi32_pd(_mm256_cvtepi8_epi32(narrow));
  }
};
template <>
struct Register<float, BFloat16> {
  static auto load(const BFloat16* p) noexcept {
    const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16));
  }
};
template <>
struct Register<double, BFloat16> {
  static auto load(const BFloat16* p) noexcept {
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m256i bits = _mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16);
    return _mm512_cvtps_pd(_mm256_castsi256_ps(bits));
  }
};
#elif defined(__AVX2__)
template <>
struct Register<double, float> {
  static auto load(const float* p) noexcept { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
};
template <>
struct Register<float, std::int8_t> {
  static auto load(const std::int8_t* p) noexcept {
    const __m128i narrow = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(narrow));
  }
};
template <>
struct Register<double, std::int8_t> {
  static auto load(const std::int8_t* p) noexcept {
    std::int32_t four;
    std::memcpy(&four, p, sizeof four);
    return _mm256_cvtepi32_pd(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(four)));
  }
};
template <>
struct Register<float, BFloat16> {
  static auto load(const BFloat16* p) noexcept {
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16));
  }
};
template <>
struct Register<double, BFloat16> {
  static auto load(const BFloat16* p) noexcept {
    const __m128i narrow = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    const __m128i bits = _mm_slli_epi32(_mm_cvtepu16_epi32(narrow), 16);
    return _mm256_cvtps_pd(_mm_castsi128_ps(bits));
  }
};
#else
template <class Sum, class Storage>
struct Register {
  static auto load(const Storage* p) noexcept {
    VectorType<Sum, kRegisterLanes<Sum>> values;
    for (Index i = 0; i < kRegisterLanes<Sum>; ++i) values[i] = static_cast<Sum>(widen(p[i]));
    return values;
  }
};
#endif

}  // namespace widening

/// Pack of the numbers at p.
template <class Sum, class Storage>
inline Pack<Sum> load(const Storage* p) noexcept {
  Pack<Sum> pack;
  for (Index i = 0; i < Pack<Sum>::kRegisters; ++i)
    pack.part[i] = widening::Register<Sum, Storage>::load(p + i * kRegisterLanes<Sum>);
  return pack;
}

/// The lanes as doubles. A float Pack has twice as many; its two halves are added up.
inline Pack<double> fold(const Pack<double>& v) noexcept { return v; }
inline Pack<double> fold(const Pack<float>& v) noexcept {
  float lanes[16];
  std::memcpy(lanes, &v, sizeof lanes);
  Pack<double> low = load<double>(lanes);
  low += load<double>(lanes + 8);
  return low;
}

}  // namespace ipgd
