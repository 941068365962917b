// Fixed chunks and blocks: the bits of a sum depend on the problem, not on threads.
#pragma once

#include "ipgd/base/execution.hpp"

namespace ipgd {

/// `total` items cut into `count` contiguous chunks whose bounds are a function of the sizes alone.
struct Chunks {
  Index total = 0;
  Index count = 1;
  Index begin(Index c) const noexcept { return total / count * c + std::min(c, total % count); }
  Index end(Index c) const noexcept { return begin(c + 1); }
};

/// Chunks for a pass over `rows` rows of `entries` numbers, each chunk with its own accumulator.
///
/// A chunk has at least 128 rows, so that clearing and adding accumulators stays below 1 % of a
/// pass, and at least 2^16 entries, below which a second thread costs more than it brings. Their
/// number is a power of two up to 64, so that 2, 4 or 8 threads share evenly. Few long rows are cut
/// all the same (16 rows, 2^22 entries: 8 chunks), to be shared and interrupted.
Chunks row_chunks(Index rows, Index entries) noexcept;

/// Calls f(begin, end) for blocks of 32 of `rows` rows. Threads share small dense algebra this way,
/// and its bits depend on its shape alone. Below 2^18 multiply-adds one thread does all: a second
/// one costs more than it brings.
template <class F>
void for_row_blocks(const Execution& execution, Index rows, Index multiply_adds, const F& f) {
  constexpr Index kBlock = 32, kWorthSharing = Index{1} << 18;
  const Execution shared{multiply_adds < kWorthSharing ? 1 : execution.n_threads, nullptr};
  parallel_for(shared, (rows + kBlock - 1) / kBlock,
               [&](Index b) { f(b * kBlock, std::min((b + 1) * kBlock, rows)); });
}

}  // namespace ipgd
