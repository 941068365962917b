// The measurement matrices as rows of one array, padded with zeros to 64 bytes.
#pragma once

#include <cstring>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/narrow.hpp"

namespace ipgd {

/// Consecutive rows that start at the same entry, as a kernel sees them.
template <class Storage>
struct RowTile {
  const Storage* data;
  Index stride;  // from row to row
  Index rows;
  Index first, length;  // the entries [first, first + length) are stored, the others are zero
};

/// A_i = scale(i) times row i; only int8 rows have a scale other than 1.
template <class Storage>
class RowStore {
 public:
  using Number = Storage;
  static constexpr bool kScaled = std::is_same_v<Storage, std::int8_t>;
  static constexpr bool kWhole = true;  // tiles hold all entries

  RowStore(Index rows, Index entries)
      : rows_(rows),
        entries_(entries),
        stride_(stride(entries)),
        data_(checked_product({rows, stride_})),
        scales_(kScaled ? rows : 0) {
    for (Index i = 0; i < rows; ++i)
      std::fill(data_.data() + i * stride_ + entries, data_.data() + (i + 1) * stride_, Storage{});
  }

  /// Bytes of such a store. Throws std::length_error when no address space holds it.
  static Index nbytes(Index rows, Index entries) {
    return checked_product({rows, stride(entries) * static_cast<Index>(sizeof(Storage)) +
                                      (kScaled ? static_cast<Index>(sizeof(double)) : 0)});
  }

  Index rows() const noexcept { return rows_; }
  Index entries() const noexcept { return entries_; }
  Index stride() const noexcept { return stride_; }
  Index size() const noexcept { return data_.size(); }
  const Storage* data() const noexcept { return data_.data(); }
  Index nbytes() const { return nbytes(rows_, entries_); }
  /// Copies all nbytes(), as they lie in memory.
  void copy_out(unsigned char* to) const noexcept {
    const std::size_t bytes = static_cast<std::size_t>(size()) * sizeof(Storage);
    std::memcpy(to, data_.data(), bytes);
    if (kScaled) std::memcpy(to + bytes, scales_.data(), scale_bytes());
  }
  void take_in(const unsigned char* from) noexcept {
    const std::size_t bytes = static_cast<std::size_t>(size()) * sizeof(Storage);
    std::memcpy(data_.data(), from, bytes);
    if (kScaled) std::memcpy(scales_.data(), from + bytes, scale_bytes());
  }
  double scale(Index i) const noexcept {
    if constexpr (kScaled) return scales_.data()[i];
    return 1.0;
  }
  /// Rows [i, i + at_most).
  RowTile<Storage> tile(Index i, Index at_most) const noexcept {
    return {data_.data() + i * stride_, stride_, at_most, 0, stride_};
  }

  /// Stores all entries of row i; false when one of them was rounded.
  bool set(Index i, const double* values) noexcept {
    Storage* to = data_.data() + i * stride_;
    if constexpr (kScaled) {
      scales_.data()[i] = int8_step(values, entries_);
      return narrow(values, entries_, scales_.data()[i], to);
    } else {
      return narrow(values, entries_, to);
    }
  }
  /// Stores standard normals as `count` entries of row i from entry `begin` on.
  void set_normal(Index i, Index begin, Index count, const float* z) noexcept {
    Storage* to = data_.data() + i * stride_ + begin;
    if constexpr (kScaled) {
      scales_.data()[i] = normal_int8_step();
      narrow_normal(z, count, to);
    } else {
      narrow(z, count, to);
    }
  }
  /// Entries of row i as doubles.
  void get(Index i, double* values) const noexcept {
    const Storage* from = data_.data() + i * stride_;
    for (Index j = 0; j < entries_; ++j) values[j] = scale(i) * static_cast<double>(widen(from[j]));
  }

 private:
  std::size_t scale_bytes() const noexcept {
    return static_cast<std::size_t>(scales_.size()) * sizeof(double);
  }
  // A row is whole cache lines, and a long row an odd number of them. With an even number the rows
  // of a tile fall into the same few sets of the caches: 39 ms a pass with 632 lines a row, 34 with
  // 633 (64 runs, d = 100, tiles of 64 rows; AMD Zen 4 with AVX-512, November 2026).
  static Index stride(Index entries) {
    constexpr Index line = kAlignment / static_cast<Index>(sizeof(Storage)), kLong = 64;
    const Index lines = (checked_product({entries, kAlignment}) / kAlignment + line - 1) / line;
    return line * (lines < kLong ? lines : lines | 1);
  }

  Index rows_, entries_, stride_;
  Buffer<Storage> data_;
  Buffer<double> scales_;
};

}  // namespace ipgd
