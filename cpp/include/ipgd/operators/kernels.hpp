// Micro-kernels of the pass: small blocks that live in registers.
//
// Summation orders, which fix the bits: <a_i, x> is summed lane by lane over ascending j, then by
// the tree of sum(Pack); g_j is summed over ascending i. No block size enters. Sums in float32
// start anew every kFloatPanel entries of <a_i, x>, and the panels are added up in float64.
#pragma once

#include "ipgd/base/widen.hpp"

namespace ipgd::kernels {

// Rows x runs of dot products, and runs x packs of g, that are held in registers at once.
#if defined(__AVX512F__)  // 32 registers, one to a Pack
inline constexpr Index kRows = 4, kRuns = 6, kPacks = 4;
#elif defined(__AVX__)  // 16 registers, two to a Pack
inline constexpr Index kRows = 2, kRuns = 2, kPacks = 2;
#else                   // 16 registers, four to a Pack
inline constexpr Index kRows = 1, kRuns = 2, kPacks = 1;
#endif
inline constexpr Index kFloatPanel = 512;

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

// Sums in float64 go on from panel to panel; sums in float32 start anew and are folded into
// float64.
template <class Sum>
inline Pack<Sum> begin_sum(const Pack<double>& lanes) {
  if constexpr (std::is_same_v<Sum, double>) return lanes;
  return Pack<Sum>{};
}
inline void end_sum(const Pack<double>& sum, Pack<double>& lanes) { lanes = sum; }
inline void end_sum(const Pack<float>& sum, Pack<double>& lanes) { lanes += fold(sum); }

/// lanes[b][k] += sum over the `length` entries of a_b x_k, lane by lane.
template <Index kB, Index kK, class Sum, class Storage>
inline void add_dots(const Storage* a, Index a_stride, const Sum* x, Index x_stride, Index length,
                     Pack<double>* lanes, Index lanes_stride) {
  Pack<Sum> sums[kB][kK];
  for (Index b = 0; b < kB; ++b)
    for (Index k = 0; k < kK; ++k) sums[b][k] = begin_sum<Sum>(lanes[b * lanes_stride + k]);
  for (Index j = 0; j < length; j += kLanes<Sum>) {
    Pack<Sum> xj[kK];
    for (Index k = 0; k < kK; ++k) xj[k] = load<Sum>(x + k * x_stride + j);
    for (Index b = 0; b < kB; ++b) {
      const Pack<Sum> aj = load<Sum>(a + b * a_stride + j);
      for (Index k = 0; k < kK; ++k) add_product(sums[b][k], aj, xj[k]);
    }
  }
  for (Index b = 0; b < kB; ++b)
    for (Index k = 0; k < kK; ++k) end_sum(sums[b][k], lanes[b * lanes_stride + k]);
}

// The two kernels for one run fetch the rows of the next tile, half of them each, so that the
// memory works while the core meets this tile's rows again: float32, d = 100, m = 2500, two
// threads, 1.36 ms a pass against 2.00 without; int8, d = 200, m = 5000, 2.4 ms against 3.9
// (AVX-512, medians of interleaved rounds).

template <class Storage>
inline constexpr Index kPerLine = 64 / static_cast<Index>(sizeof(Storage));

template <bool kFetch, Index kBegin, Index kEnd, class Storage>
inline void fetch(const Storage* ahead, Index a_stride) {
  if constexpr (kFetch)
    for (Index b = kBegin; b < kEnd; ++b) __builtin_prefetch(ahead + b * a_stride, 0, 2);
}

/// lanes[b] += sum over the `length` entries of a_b x, for one run.
template <Index kB, bool kFetch, class Sum, class Storage>
inline void add_dots_of_one(const Storage* a, Index a_stride, const Sum* x, Index length,
                            Pack<double>* lanes, const Storage* ahead) {
  Pack<Sum> sums[kB];
  for (Index b = 0; b < kB; ++b) sums[b] = begin_sum<Sum>(lanes[b]);
  for (Index line = 0; line < length; line += kPerLine<Storage>) {
    fetch<kFetch, 0, kB / 2>(ahead + line, a_stride);
    for (Index j = line; j < line + kPerLine<Storage>; j += kLanes<Sum>) {
      const Pack<Sum> xj = load<Sum>(x + j);
      for (Index b = 0; b < kB; ++b) add_product(sums[b], load<Sum>(a + b * a_stride + j), xj);
    }
  }
  for (Index b = 0; b < kB; ++b) end_sum(sums[b], lanes[b]);
}

/// g += sum over kB rows of r[b] a_b, for one run: g is loaded and stored once for kB rows of A.
template <Index kB, bool kFetch, class Sum, class Storage>
inline void add_rows_of_one(const Storage* a, Index a_stride, const Sum* r, Sum* g, Index length,
                            const Storage* ahead) {
  for (Index line = 0; line < length; line += kPerLine<Storage>) {
    fetch<kFetch, kB / 2, kB>(ahead + line, a_stride);
    for (Index j = line; j < line + kPerLine<Storage>; j += kLanes<Sum>) {
      Pack<Sum> gj = load<Sum>(g + j);
      for (Index b = 0; b < kB; ++b) add_product(gj, load<Sum>(a + b * a_stride + j), r[b]);
      store(g + j, gj);
    }
  }
}

/// g_k += sum over `rows` rows of r[i][k] a_i, on kP packs of entries.
template <Index kP, Index kK, class Sum, class Storage>
inline void add_rows(const Storage* a, Index a_stride, Index rows, const Sum* r, Index r_stride,
                     Sum* g, Index g_stride) {
  constexpr Index n = kLanes<Sum>;
  Pack<Sum> sums[kK][kP];
  for (Index k = 0; k < kK; ++k)
    for (Index p = 0; p < kP; ++p) sums[k][p] = load<Sum>(g + k * g_stride + p * n);
  for (Index i = 0; i < rows; ++i) {
    Pack<Sum> ai[kP];
    for (Index p = 0; p < kP; ++p) ai[p] = load<Sum>(a + i * a_stride + p * n);
    for (Index k = 0; k < kK; ++k)
      for (Index p = 0; p < kP; ++p) add_product(sums[k][p], ai[p], r[i * r_stride + k]);
  }
  for (Index k = 0; k < kK; ++k)
    for (Index p = 0; p < kP; ++p) store(g + k * g_stride + p * n, sums[k][p]);
}

}  // namespace ipgd::kernels
