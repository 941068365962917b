// Dense operators: every A_i stored, packed symmetric or rectangular, in float64 or float32.
#pragma once

#include <cstdint>

#include "ipgd/operators/layout.hpp"
#include "ipgd/operators/operator.hpp"
#include "ipgd/operators/row_store.hpp"

namespace ipgd {

/// What the language border needs besides the contract: writing and reading rows.
class DenseOperator : public Operator {
 public:
  /// Stores A_i for i in [begin, begin + count) from full row-major matrices. Returns false when a
  /// value was rounded. The caller has checked that values are finite.
  virtual bool set_rows(Index begin, Index count, const double* A, const Execution& execution) = 0;
  /// Draws all stored entries from N(0, 1), entry (i, j) = z(key, i, j). Exact in every storage.
  virtual void fill_gaussian(std::uint64_t key, const Execution& execution) = 0;
  /// Full A_i, i in [begin, begin + count).
  virtual void get_rows(Index begin, Index count, double* A) const = 0;
};

template <class Storage, class Layout>
class Dense final : public DenseOperator {
 public:
  /// m >= 1 measurement matrices, uninitialised until set_rows or fill_gaussian.
  Dense(Index measurements, Layout layout);

  Index measurements() const noexcept override { return a_.rows(); }
  Index rows() const noexcept override { return layout_.rows(); }
  Index cols() const noexcept override { return layout_.cols(); }
  bool symmetric() const noexcept override { return Layout::kSymmetric; }
  const char* storage() const noexcept override {
    return sizeof(Storage) == sizeof(double) ? "float64" : "float32";
  }
  Index nbytes() const noexcept override { return a_.nbytes(); }
  std::unique_ptr<Workspace> workspace(Index batch) const override;

  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace& workspace,
               const Execution& execution) const override;
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
               const Execution& execution) const override;
  void residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                        double* const* r, double* const* G, Workspace& workspace,
                        const Execution& execution) const override;

  bool set_rows(Index begin, Index count, const double* A, const Execution& execution) override;
  void fill_gaussian(std::uint64_t key, const Execution& execution) override;
  void get_rows(Index begin, Index count, double* A) const override;

 private:
  struct Scratch;
  void pack(Index batch, const ThetaView* theta, Scratch& scratch,
            const Execution& execution) const;
  void unpack(Index batch, const Scratch& scratch, double* const* G,
              const Execution& execution) const;

  Layout layout_;
  RowStore<Storage> a_;
};

extern template class Dense<double, SymmetricLayout>;
extern template class Dense<float, SymmetricLayout>;
extern template class Dense<double, RectangularLayout>;
extern template class Dense<float, RectangularLayout>;

}  // namespace ipgd
