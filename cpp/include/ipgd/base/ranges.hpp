// Parts of a long vector that is zero elsewhere: what a loop over it has to visit.
#pragma once

#include <algorithm>
#include <vector>

#include "ipgd/base/simd.hpp"

namespace ipgd {

struct Range {
  Index begin, end;
};

/// Ascending and disjoint ranges. They begin and end at multiples of a Pack, or end with the
/// vector, so that a sum over them adds what the sum over the whole vector adds, in the same lanes.
class Ranges {
 public:
  /// All of `size` numbers.
  static Ranges whole(Index size) {
    Ranges all(size);
    all.add(0, size);
    return all;
  }
  /// None of `size` numbers.
  explicit Ranges(Index size) : size_(size) {}

  /// Adds [begin, end), which begins no earlier than the range added last.
  void add(Index begin, Index end) {
    constexpr Index kUnit = kLanes<double>;
    begin = begin / kUnit * kUnit;
    end = std::min((end + kUnit - 1) / kUnit * kUnit, size_);
    if (!ranges_.empty() && begin <= ranges_.back().end)
      ranges_.back().end = std::max(ranges_.back().end, end);
    else
      ranges_.push_back({begin, end});
  }
  /// Adds rows of a matrix of `width` columns that begins at `first`.
  void add_rows(const std::vector<Index>& rows, Index width, Index first) {
    for (const Index i : rows) add(first + i * width, first + (i + 1) * width);
  }

  Index size() const noexcept { return size_; }
  bool all() const noexcept {
    return ranges_.size() == 1 && ranges_[0].begin == 0 && ranges_[0].end == size_;
  }
  const Range* begin() const noexcept { return ranges_.data(); }
  const Range* end() const noexcept { return ranges_.data() + ranges_.size(); }

 private:
  Index size_;
  std::vector<Range> ranges_;
};

/// Euclidean norm of a vector that is zero outside of the ranges.
double norm(const double* x, const Ranges& ranges) noexcept;

}  // namespace ipgd
