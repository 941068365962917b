// The sum of the chunks' accumulators in a fixed binary tree, made while chunks are being worked
// on.
#pragma once

#include <mutex>
#include <vector>

#include "ipgd/base/buffer.hpp"

namespace ipgd {

/// Two neighbours of the tree are added as soon as both are there, by whoever brought the second.
/// So the bits are those of the tree, whoever works when, and only about n_threads + log2(chunks)
/// accumulators are alive at a time: K runs of a large problem do not need K x chunks of them.
template <class Sum>
class TreeSum {
 public:
  /// For `chunks` accumulators of up to `numbers` numbers, each with room for `extra` more numbers
  /// of scratch behind them.
  TreeSum(Index chunks, Index numbers, Index extra);

  /// Forgets what there was; accumulators are `numbers` long from now on.
  void begin(Index numbers);
  /// An accumulator, of zeros if `clear`. Any thread. Allocates only where more are alive than ever
  /// before.
  Sum* open(bool clear = true);
  /// Hands in the accumulator of a chunk. Any thread, each chunk once.
  void close(Index chunk, Sum* part);
  /// The sum, when all chunks are closed.
  const Sum* total() const noexcept { return total_; }

 private:
  Sum* waiting_for(Index level, Index node, Sum* part);

  Index chunks_, capacity_, extra_, numbers_;
  std::mutex mutex_;
  std::vector<Buffer<Sum>> owned_;
  std::vector<Sum*> free_;
  std::vector<std::vector<Sum*>> waiting_;  // by level of the tree, then node
  Sum* total_ = nullptr;
};

extern template class TreeSum<double>;
extern template class TreeSum<float>;

}  // namespace ipgd
