// Micro-kernels of the pass: small blocks that live in registers.
//
// Summation orders, which fix the bits: <a_i, x> is summed in eight lanes over ascending j, then by
// the tree of sum(Pack); g_j is summed over ascending i. No block size enters.
#pragma once

#include <type_traits>

#include "ipgd/base/simd.hpp"

namespace ipgd::kernels {

// Rows x runs of dot products, and runs x packs of g, that are held in registers at once.
#if defined(__AVX512F__)  // 32 registers, one to a Pack
inline constexpr Index kRows = 4, kRuns = 6, kPacks = 4;
#elif defined(__AVX__)  // 16 registers, two to a Pack
inline constexpr Index kRows = 2, kRuns = 3, kPacks = 2;
#else                   // 16 registers, four to a Pack
inline constexpr Index kRows = 1, kRuns = 3, kPacks = 1;
#endif

/// f(std::integral_constant<Index, n>, first): [0, count) in blocks of n = kMax, then one of the
/// rest.
template <Index kMax, class F>
inline void for_blocks(Index count, const F& f) {
  Index first = 0;
  for (; first + kMax <= count; first += kMax) f(std::integral_constant<Index, kMax>{}, first);
  if constexpr (kMax > 1) {
    const Index rest = count - first;
    const auto pick = [&](const auto& self, auto n) -> void {
      if constexpr (n >= 1) {
        if (rest == n)
          f(n, first);
        else
          self(self, std::integral_constant<Index, n - 1>{});
      }
    };
    pick(pick, std::integral_constant<Index, kMax - 1>{});
  }
}

/// lanes[b][k] += sum over the `length` entries of a_b x_k, lane by lane.
template <Index kB, Index kK, class Storage>
inline void add_dots(const Storage* a, Index a_stride, const double* x, Index x_stride,
                     Index length, Pack* lanes, Index lanes_stride) {
  Pack sums[kB][kK];
  for (Index b = 0; b < kB; ++b)
    for (Index k = 0; k < kK; ++k) sums[b][k] = lanes[b * lanes_stride + k];
  for (Index j = 0; j < length; j += kLanes) {
    Pack xj[kK];
    for (Index k = 0; k < kK; ++k) xj[k] = load(x + k * x_stride + j);
    for (Index b = 0; b < kB; ++b) {
      const Pack aj = load(a + b * a_stride + j);
      for (Index k = 0; k < kK; ++k) sums[b][k] += aj * xj[k];
    }
  }
  for (Index b = 0; b < kB; ++b)
    for (Index k = 0; k < kK; ++k) lanes[b * lanes_stride + k] = sums[b][k];
}

/// g += sum over kB rows of r[b] a_b, for one run: a row of g is loaded once for kB rows of A.
///
/// Narrow rows are fetched ahead, because widening them keeps the core busy while the memory rests:
/// float32, d = 100, m = 2500, two threads, 1.36 ms a pass against 2.00 ms (medians of three
/// interleaved rounds, AVX-512). float64 passes run at the speed of reading without it.
template <Index kB, class Storage>
inline void add_rows_of_one(const Storage* a, Index a_stride, const double* r, double* g,
                            Index length) {
  constexpr Index kPerLine = 64 / static_cast<Index>(sizeof(Storage));
  constexpr bool kFetch = sizeof(Storage) < sizeof(double);
  for (Index j = 0; j < length; j += kLanes) {
    if (kFetch && j % kPerLine == 0)
      for (Index b = 0; b < kB; ++b) __builtin_prefetch(a + (kB + b) * a_stride + j);
    Pack gj = load(g + j);
    for (Index b = 0; b < kB; ++b) gj += load(a + b * a_stride + j) * r[b];
    store(g + j, gj);
  }
}

/// g_k += sum over `rows` rows of r[i][k] a_i, on kP packs of entries.
template <Index kP, Index kK, class Storage>
inline void add_rows(const Storage* a, Index a_stride, Index rows, const double* r, Index r_stride,
                     double* g, Index g_stride) {
  Pack sums[kK][kP];
  for (Index k = 0; k < kK; ++k)
    for (Index p = 0; p < kP; ++p) sums[k][p] = load(g + k * g_stride + p * kLanes);
  for (Index i = 0; i < rows; ++i) {
    Pack ai[kP];
    for (Index p = 0; p < kP; ++p) ai[p] = load(a + i * a_stride + p * kLanes);
    for (Index k = 0; k < kK; ++k)
      for (Index p = 0; p < kP; ++p) sums[k][p] += ai[p] * r[i * r_stride + k];
  }
  for (Index k = 0; k < kK; ++k)
    for (Index p = 0; p < kP; ++p) store(g + k * g_stride + p * kLanes, sums[k][p]);
}

}  // namespace ipgd::kernels
