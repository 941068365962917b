// Micro-kernels of the pass: small blocks that live in registers. (Figures in this file: AMD Zen 4
// with AVX-512, November 2026.) The order of each sum fixes its bits. <a_i, x> is summed lane by
// lane over ascending j, then by the tree of sum(Pack). g_j is summed over ascending i. No block
// size enters. A float32 sum starts anew every kFloatPanel entries of <a_i, x>; the panels are
// added up in float64.
#pragma once

#include <utility>

#include "ipgd/base/widen.hpp"

namespace ipgd::kernels {

// Registers hold kRows x kRuns dot products, or kRuns x kPacks packs of g, at once.
#if defined(__AVX512F__)  // 32 registers, one to a Pack
inline constexpr Index kRows = 4, kRuns = 6, kPacks = 4;
#elif defined(__AVX__)  // 16 registers, two to a Pack
inline constexpr Index kRows = 2, kRuns = 2, kPacks = 2;
#else                   // 16 registers, four to a Pack
inline constexpr Index kRows = 1, kRuns = 2, kPacks = 1;
#endif
inline constexpr Index kFloatPanel = 512;

/// Calls f(i) for the constants i = 0 .. kCount - 1. An array of sums lives in registers only where
/// its subscripts are constants. In a plain loop GCC copies all sums to the stack and back around
/// the inner loop: 16 rows of 24 sums in L1 then reach 43 GFLOP/s instead of 51.
template <class F, Index... k>
[[gnu::always_inline]] inline void unroll(const F& f, std::integer_sequence<Index, k...>) {
  (f(std::integral_constant<Index, k>{}), ...);
}
template <Index kCount, class F>
[[gnu::always_inline]] inline void unroll(const F& f) {
  unroll(f, std::make_integer_sequence<Index, kCount>{});
}

/// Cuts [0, count) into blocks of kMax and a last one of the rest. Calls f(n, first) for each
/// block, where its length n is a std::integral_constant.
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

// A float64 sum goes on from panel to panel. A float32 sum starts anew in each panel and is then
// folded into float64.
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

// Rows of A are prefetched. The kernel that meets an entry first asks for the one `ahead` of it, so
// that memory is read while the core computes. 16 runs, float64, d = 100, two threads: 95 GFLOP/s,
// 80 without. One run, float32, d = 100: 1.36 ms a pass, 2.00 without. One run, int8, d = 200: 2.4
// ms, 3.9 without. (Medians of interleaved rounds.)
template <class Storage>
inline constexpr Index kPerLine = 64 / static_cast<Index>(sizeof(Storage));

template <bool kFetch, Index kBegin, Index kEnd, class Storage>
inline void fetch(const Storage* ahead, Index a_stride) {
  if constexpr (kFetch)
    for (Index b = kBegin; b < kEnd; ++b) __builtin_prefetch(ahead + b * a_stride, 0, 2);
}

/// lanes[b][k] += <a_b, x_k> over `length` entries, lane by lane, for kB rows and kK runs. The x_k
/// lie as columns.hpp says. If `fresh`, lanes count as zero and are not read.
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

// The two kernels for one run prefetch half of the next tile's rows each.

/// lanes[b] += <a_b, x> over `length` entries, lane by lane, for one run.
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

/// g += sum_b r[b] a_b over kB rows, for one run. g is loaded and stored once for kB rows of A.
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

/// g_k += sum_i r[i][k] a_i over `rows` rows, on kP packs of entries. The g_k lie as columns.hpp
/// says. If `fresh`, g_k counts as zero and is not read.
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
