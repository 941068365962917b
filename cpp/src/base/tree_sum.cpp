#include "ipgd/base/tree_sum.hpp"

namespace ipgd {

template <class Sum>
TreeSum<Sum>::TreeSum(Index chunks, Index numbers, Index extra)
    : chunks_(chunks), capacity_(numbers), extra_(extra), numbers_(numbers) {
  const auto count = static_cast<std::size_t>(chunks);
  owned_.reserve(count);  // so that nothing moves
  free_.reserve(count);
  Index nodes = chunks;
  for (; nodes > 1; nodes = (nodes + 1) / 2)
    waiting_.emplace_back(static_cast<std::size_t>(nodes), nullptr);
  owned_.emplace_back(numbers + extra);
  free_.push_back(owned_.back().data());
}

template <class Sum>
void TreeSum<Sum>::begin(Index numbers) {
  numbers_ = numbers;
  total_ = nullptr;
  for (auto& level : waiting_) std::fill(level.begin(), level.end(), nullptr);
  free_.clear();
  for (Buffer<Sum>& buffer : owned_) free_.push_back(buffer.data());
}

template <class Sum>
Sum* TreeSum<Sum>::open(bool clear) {
  Sum* part = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) {
      owned_.emplace_back(capacity_ + extra_);
      free_.push_back(owned_.back().data());
    }
    part = free_.back();
    free_.pop_back();
  }
  if (clear) std::fill_n(part, numbers_, Sum{});
  return part;
}

// The neighbour's part if it is there; else null, and `part` waits for it.
template <class Sum>
Sum* TreeSum<Sum>::waiting_for(Index level, Index node, Sum* part) {
  auto& nodes = waiting_[static_cast<std::size_t>(level)];
  const std::lock_guard<std::mutex> lock(mutex_);
  Sum* const other = nodes[static_cast<std::size_t>(node ^ 1)];
  if (other == nullptr) nodes[static_cast<std::size_t>(node)] = part;
  return other;
}

template <class Sum>
void TreeSum<Sum>::close(Index chunk, Sum* part) {
  Index node = chunk, nodes = chunks_;
  for (Index level = 0; nodes > 1; ++level, node /= 2, nodes = (nodes + 1) / 2) {
    if ((node ^ 1) >= nodes) continue;  // the last one of an odd number has no neighbour
    Sum* const other = waiting_for(level, node, part);
    if (other == nullptr) return;
    Sum* const left = node % 2 == 0 ? part : other;
    Sum* const right = node % 2 == 0 ? other : part;
    for (Index j = 0; j < numbers_; ++j) left[j] += right[j];
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(right);
    part = left;
  }
  total_ = part;
}

template class TreeSum<double>;
template class TreeSum<float>;

}  // namespace ipgd
