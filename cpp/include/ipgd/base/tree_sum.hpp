// The sum of the chunks' accumulators in a fixed binary tree. It is made while chunks are being
// computed.
#pragma once

#include <mutex>
#include <vector>

#include "ipgd/base/buffer.hpp"

namespace ipgd {

/// Two neighbours of the tree are added as soon as both are there, by the thread that brought the
/// second. The bits are therefore those of the tree, whichever thread is faster. Only about
/// n_threads + log2(chunks) accumulators are alive at a time, not all of them.
template <class Sum>
class TreeSum {
 public:
  /// For `chunks` accumulators of up to `numbers` numbers, each with room for `extra` more numbers
  /// of scratch behind them.
  TreeSum(Index chunks, Index numbers, Index extra);

  /// Forgets what there was. From now on accumulators have `numbers` numbers.
  void begin(Index numbers);
  /// An accumulator, of zeros if `clear`; on any thread. Allocates only where more are alive than
  /// ever before.
  Sum* open(bool clear = true);
  /// Hands in the accumulator of a chunk; on any thread, once for each chunk.
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
