// An upper triangular matrix as rows without their leading zeros.
#pragma once

#include <cstring>
#include <vector>

#include "ipgd/operators/dense/row_store.hpp"

namespace ipgd {

/// Rows are kept in blocks of 16 that start at a common entry. Long and short blocks take turns, so
/// that every chunk of rows has its share of the entries. (The order of the rows of R is free.)
class TriangularStore {
 public:
  using Number = double;
  static constexpr bool kScaled = false, kWhole = false;
  static constexpr Index kBlock = 16;

  /// `upper` is rows x entries, column-major, as a QR decomposition leaves it, and is kept times
  /// `factor`; what is below its diagonal is not read.
  TriangularStore(const double* upper, Index rows, Index entries, Index leading, double factor);
  /// All zero.
  TriangularStore(Index rows, Index entries);
  /// Bytes of such a store, before it is made.
  static Index nbytes(Index rows, Index entries);

  /// Rounded up to whole blocks: the last rows may be zero.
  Index rows() const noexcept { return kBlock * blocks_; }
  Index entries() const noexcept { return entries_; }
  Index stride() const noexcept { return stride_; }
  Index size() const noexcept { return data_.size(); }
  const double* data() const noexcept { return data_.data(); }
  Index nbytes() const noexcept { return size() * static_cast<Index>(sizeof(double)); }
  /// Copies all nbytes(), as they lie in memory.
  void copy_out(unsigned char* to) const noexcept {
    std::memcpy(to, data_.data(), static_cast<std::size_t>(nbytes()));
  }
  void take_in(const unsigned char* from) noexcept {
    std::memcpy(data_.data(), from, static_cast<std::size_t>(nbytes()));
  }
  static double scale(Index) noexcept { return 1.0; }
  /// Where row i of `upper` is kept.
  Index position(Index i) const noexcept;
  RowTile<double> tile(Index i, Index at_most) const noexcept;

 private:
  Index entries_, stride_, blocks_;
  std::vector<Index> offsets_;  // of each block in data_
  Buffer<double> data_;
};

}  // namespace ipgd
