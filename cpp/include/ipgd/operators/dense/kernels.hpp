// Micro-kernels of the pass: small blocks that live in registers.
//
// Summation orders, which fix the bits: <a_i, x> is summed lane by lane over ascending j, then by
// the tree of sum(Pack); g_j is summed over ascending i. No block size enters. Sums in float32
// start anew every kFloatPanel entries of <a_i, x>, and the panels are added up in float64.
#pragma once

#include <utility>

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

/// f(i) for the constants i = 0 .. kCount - 1. Constant subscripts are what lets an array of sums
/// live in registers: with a loop, GCC copies all of them to the stack and back around the inner
/// loop, 16 rows of 24 sums in 43 GFLOP/s instead of 51 (AVX-512, in L1).
template <class F, Index... k>
[[gnu::always_inline]] inline void unroll(const F& f, std::integer_sequence<Index, k...>) {
  (f(std::integral_constant<Index, k>{}), ...);
}
template <Index kCount, class F>
[[gnu::always_inline]] inline void unroll(const F& f) {
  unroll(f, std::make_integer_sequence<Index, kCount>{});
}

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
inline Pack<double> end_sum(const Pack<double>& sum, const Pack<double>&) { return sum; }
inline Pack<double> end_sum(const Pack<float>& sum, Pack<double> lanes) {
  lanes += fold(sum);
  return lanes;
}

// Rows of A are asked for before they are needed: the kernel that meets an entry first fetches the
// one `ahead` of it, so that the memory works while the core does. float64, d = 100, two threads,
// 16 runs: 95 GFLOP/s, 80 without; one run, float32: 1.36 ms a pass, 2.00 without; int8, d = 200,
// one run: 2.4 ms, 3.9 without (AVX-512, medians of interleaved rounds).
template <class Storage>
inline constexpr Index kPerLine = 64 / static_cast<Index>(sizeof(Storage));

template <bool kFetch, Index kBegin, Index kEnd, class Storage>
inline void fetch(const Storage* ahead, Index a_stride) {
  if constexpr (kFetch)
    for (Index b = kBegin; b < kEnd; ++b) __builtin_prefetch(ahead + b * a_stride, 0, 2);
}

/// lanes[b][k] += sum over the `length` entries of a_b x_k, lane by lane; x and its kK columns as
/// in columns.hpp. If `fresh`, lanes are not read but taken for zero.
template <Index kB, Index kK, bool kFetch, class Sum, class Storage>
inline void add_dots(const Storage* a, Index a_stride, const Sum* x, Index length,
                     Pack<double>* lanes, Index lanes_stride, bool fresh, Index ahead) {
  constexpr Index n = kLanes<Sum>;
  const auto before = [&](Index b, Index k) {
    return fresh ? Pack<double>{} : lanes[b * lanes_stride + k];
  };
  Pack<Sum> sums[kB][kK];
  unroll<kB>(
      [&](auto b) { unroll<kK>([&](auto k) { sums[b][k] = begin_sum<Sum>(before(b, k)); }); });
  for (Index line = 0; line < length; line += kPerLine<Storage>) {
    fetch<kFetch, 0, kB>(a + line + ahead, a_stride);
    for (Index j = line; j < line + kPerLine<Storage>; j += n, x += kK * n) {
      Pack<Sum> xj[kK];
      unroll<kK>([&](auto k) { xj[k] = load<Sum>(x + k * n); });
      unroll<kB>([&](auto b) {
        const Pack<Sum> aj = load<Sum>(a + b * a_stride + j);
        unroll<kK>([&](auto k) { add_product(sums[b][k], aj, xj[k]); });
      });
    }
  }
  unroll<kB>([&](auto b) {
    unroll<kK>([&](auto k) { lanes[b * lanes_stride + k] = end_sum(sums[b][k], before(b, k)); });
  });
}

// The two kernels for one run fetch the rows of the next tile, half of them each.

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
  for (Index b = 0; b < kB; ++b) lanes[b] = end_sum(sums[b], lanes[b]);
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

/// g_k += sum over `rows` rows of r[i][k] a_i, on kP packs of entries; g as in columns.hpp. If
/// `fresh`, g_k is not read but taken for zero.
template <Index kP, Index kK, bool kFetch, class Sum, class Storage>
inline void add_rows(const Storage* a, Index a_stride, Index rows, const Sum* r, Index r_stride,
                     Sum* g, bool fresh) {
  constexpr Index n = kLanes<Sum>;
  Pack<Sum> sums[kP][kK] = {};
  if (!fresh)
    unroll<kP>(
        [&](auto p) { unroll<kK>([&](auto k) { sums[p][k] = load<Sum>(g + (p * kK + k) * n); }); });
  for (Index i = 0; i < rows; ++i, a += a_stride, r += r_stride) {
    Pack<Sum> ai[kP];
    unroll<kP>([&](auto p) {
      ai[p] = load<Sum>(a + p * n);
      if constexpr (kFetch && p * n % kPerLine<Storage> == 0)
        __builtin_prefetch(a + (kP + p) * n, 0, 2);
    });
    unroll<kK>([&](auto k) {
      const Sum rk = r[k];
      unroll<kP>([&](auto p) { add_product(sums[p][k], ai[p], rk); });
    });
  }
  unroll<kP>([&](auto p) { unroll<kK>([&](auto k) { store(g + (p * kK + k) * n, sums[p][k]); }); });
}

}  // namespace ipgd::kernels
