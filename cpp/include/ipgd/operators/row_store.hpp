// The measurement matrices as rows of one array, padded with zeros to 64 bytes.
#pragma once

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/simd.hpp"

namespace ipgd {

template <class Storage>
class RowStore {
 public:
  RowStore(Index rows, Index entries)
      : rows_(rows),
        entries_(entries),
        stride_(round_up(checked_product({entries, kAlignment}) / kAlignment,
                         kAlignment / static_cast<Index>(sizeof(Storage)))),
        data_(checked_product({rows, stride_})) {
    for (Index i = 0; i < rows; ++i)
      std::fill(data_.data() + i * stride_ + entries, data_.data() + (i + 1) * stride_, Storage{});
  }

  Index rows() const noexcept { return rows_; }
  Index entries() const noexcept { return entries_; }
  Index stride() const noexcept { return stride_; }
  Index nbytes() const noexcept { return data_.size() * static_cast<Index>(sizeof(Storage)); }
  const Storage* row(Index i) const noexcept { return data_.data() + i * stride_; }

  /// Stores `count` entries of row i from entry `begin` on; false when one of them was rounded.
  template <class Value>
  bool set(Index i, Index begin, Index count, const Value* values) noexcept {
    Storage* to = data_.data() + i * stride_ + begin;
    bool exact = true;
    for (Index j = 0; j < count; ++j) {
      to[j] = static_cast<Storage>(values[j]);
      exact &= static_cast<Value>(to[j]) == values[j];
    }
    return exact;
  }

 private:
  Index rows_, entries_, stride_;
  Buffer<Storage> data_;
};

}  // namespace ipgd
