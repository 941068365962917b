// Dense operators: every A_i stored, packed symmetric or rectangular, in one of four number types.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ipgd/operators/dense/layout.hpp"
#include "ipgd/operators/operator.hpp"

namespace ipgd {

/// Operators whose rows lie in memory. They can be copied, and their speed measured.
class StoredOperator : public Operator {
 public:
  virtual const Layout& layout() const noexcept = 0;
  /// What is stored, byte for byte. An operator of the same sizes and types that takes it in is the
  /// same operator. Numbers are not checked.
  virtual Index content_size() const noexcept = 0;
  virtual void copy_out(unsigned char* to) const = 0;
  virtual void take_in(const unsigned char* from) = 0;
  /// The type in which <A_i, Theta> and sum_i r_i A_i are added up.
  virtual const char* sums() const noexcept = 0;
  /// A workspace whose passes have `chunks` chunks instead of the fixed number, and so other bits.
  virtual std::unique_ptr<Workspace> workspace(Index batch, Index chunks) const = 0;
  using Operator::workspace;
  /// A power of two of the size of the largest entry (int8: of the largest scale of a row).
  virtual double entry_unit() const noexcept { return 1.0; }
  /// Reads every stored byte once and returns their parity: no pass can be faster.
  virtual std::uint64_t read(const Execution& execution) const = 0;
};

/// What a host language needs besides the contract: writing and reading rows.
class DenseOperator : public StoredOperator {
 public:
  /// Stores A_i for i in [begin, begin + count) from full row-major matrices. Returns false when a
  /// value was rounded. The caller has checked that values are finite, and checks whether one
  /// became infinite when it was rounded.
  virtual bool set_rows(Index begin, Index count, const double* A, const Execution& execution) = 0;
  /// Draws all stored entries from N(0, 1), entry (i, j) = z(key, i, j): exactly in float64 and
  /// float32, rounded in bfloat16, on a grid of 1/24 standard deviations in int8.
  virtual void fill_gaussian(std::uint64_t key, const Execution& execution) = 0;
  /// Full A_i, i in [begin, begin + count).
  virtual void get_rows(Index begin, Index count, double* A) const = 0;
  /// The stored entries of A_i, which <stored A_i, pack(Theta)> meets.
  virtual void get_stored(Index i, double* entries) const = 0;
};

/// Storage: "float64", "float32", "bfloat16" or "int8" (with one scale a row). Sums: "float64", or
/// "float32" for storage that is narrower than float64. Both kinds of operator are uninitialised
/// until set_rows or fill_gaussian. Throws InvalidArgument for other names.
std::unique_ptr<DenseOperator> make_dense(Index measurements, const Layout& layout,
                                          const std::string& storage, const std::string& sums);

/// Bytes that make_dense would store. Throws std::length_error when no address space holds them.
Index dense_nbytes(Index measurements, const Layout& layout, const std::string& storage);

}  // namespace ipgd
