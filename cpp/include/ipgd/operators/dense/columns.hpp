// Several vectors side by side, in the order in which the kernels meet their entries.
#pragma once

#include "ipgd/operators/dense/kernels.hpp"

namespace ipgd {

/// `count` columns of `length` entries (whole packs), cut into blocks of kernels::kRuns columns and
/// a last one of the rest. In a block, pack j of all its columns comes before their packs j + 1: a
/// kernel then reads and writes one stream of memory and not one for each column (float64, d = 100,
/// 16 runs, one thread: 36 GFLOP/s with columns far apart, 40 so; see kernels.hpp for the rest).
struct Columns {
  Index count, length;

  /// Columns in the block of column c.
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

  /// Column c from, or to, contiguous numbers.
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
