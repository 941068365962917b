// Which entries of A_i are stored, and in which order.
#pragma once

#include "ipgd/base/size.hpp"

namespace ipgd {

/// Symmetric: A_i enters <A_i, Theta> only through its symmetric part. So its lower triangle is
/// stored row by row, off-diagonal entries times `scale`: d(d+1)/2 numbers instead of d^2.
/// Rectangular: all d1 x d2 entries are stored, row-major.
///
/// Given symmetric matrices use scale 1: entries stay what they were (float32 data stay exact).
/// Gaussian ensembles use scale sqrt(2), the isometry svec, where all entries are i.i.d. N(0, 1).
class Layout {
 public:
  static Layout symmetric(Index dimension, double scale) {
    return {dimension, dimension, true, scale};
  }
  static Layout rectangular(Index rows, Index cols) { return {rows, cols, false, 1.0}; }

  Index rows() const noexcept { return rows_; }
  Index cols() const noexcept { return cols_; }
  bool is_symmetric() const noexcept { return symmetric_; }
  Index entries() const {
    return symmetric_ ? checked_product({rows_, rows_ + 1}) / 2 : checked_product({rows_, cols_});
  }

  double scale() const noexcept { return scale_; }  // of stored off-diagonal entries

  /// Stored entries of one A_i from a full matrix: the symmetric part.
  void compress(const double* A, double* stored) const noexcept;
  /// The full A_i back from its stored entries.
  void expand(const double* stored, double* A) const noexcept;

  /// Columns of row i of Theta that are read.
  Index width(Index i) const noexcept { return symmetric_ ? i + 1 : cols_; }
  /// Rows [begin, end) of x, with <stored A_i, x> = factor <A_i, Theta>, from the same rows of
  /// Theta.
  template <class Sum>
  void pack(const double* theta, Index begin, Index end, Sum* x, double factor = 1) const noexcept;
  /// Rows [begin, end) of G = factor sum_i r_i A_i from g = sum_i r_i (stored A_i); when symmetric
  /// also the columns that mirror them.
  template <class Sum>
  void unpack(const Sum* g, Index begin, Index end, double* G, double factor = 1) const noexcept;

 private:
  Layout(Index rows, Index cols, bool symmetric, double scale)
      : rows_(rows), cols_(cols), symmetric_(symmetric), scale_(scale) {}

  Index start(Index i) const noexcept { return symmetric_ ? i * (i + 1) / 2 : i * cols_; }

  Index rows_, cols_;
  bool symmetric_;
  double scale_;
};

}  // namespace ipgd
