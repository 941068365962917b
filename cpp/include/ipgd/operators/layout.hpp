// Which entries of A_i a dense operator stores, and in which order.
#pragma once

#include <cmath>

#include "ipgd/base/size.hpp"

namespace ipgd {

/// A_i enters <A_i, Theta> only through its symmetric part, so the lower triangle is stored, row by
/// row, off-diagonal entries times `scale`: d(d+1)/2 numbers instead of d^2.
///
/// Given matrices use scale 1: entries stay what they were (float32 data stay exact). Gaussian
/// ensembles use scale sqrt(2), the isometry svec, where all entries are i.i.d. N(0, 1).
class SymmetricLayout {
 public:
  SymmetricLayout(Index dimension, double scale) : d_(dimension), scale_(scale) {}

  static constexpr bool kSymmetric = true;
  Index rows() const noexcept { return d_; }
  Index cols() const noexcept { return d_; }
  Index entries() const { return checked_product({d_, d_ + 1}) / 2; }

  /// Stored entries of one A_i from a full matrix: the symmetric part.
  void compress(const double* A, double* stored) const noexcept;
  /// The full A_i back from its stored entries.
  void expand(const double* stored, double* A) const noexcept;
  /// x with <stored A_i, x> = <A_i, Theta>
  void pack(const double* theta, double* x) const noexcept;
  /// G = sum_i r_i A_i from g = sum_i r_i (stored A_i)
  void unpack(const double* g, double* G) const noexcept { expand(g, G); }

 private:
  Index d_;
  double scale_;
};

/// All d1 x d2 entries, row-major.
class RectangularLayout {
 public:
  RectangularLayout(Index rows, Index cols) : rows_(rows), cols_(cols) {}

  static constexpr bool kSymmetric = false;
  Index rows() const noexcept { return rows_; }
  Index cols() const noexcept { return cols_; }
  Index entries() const { return checked_product({rows_, cols_}); }

  void compress(const double* A, double* stored) const noexcept;
  void expand(const double* stored, double* A) const noexcept;
  void pack(const double* theta, double* x) const noexcept;
  void unpack(const double* g, double* G) const noexcept { expand(g, G); }

 private:
  Index rows_, cols_;
};

}  // namespace ipgd
