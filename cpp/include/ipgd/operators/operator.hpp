// The operator contract: y_i = <A_i, Theta> and its adjoint, for a batch of K Thetas at once.
#pragma once

#include <memory>

#include "ipgd/operators/cotangent.hpp"

namespace ipgd {

/// Some of the measurements, in any order and as often as they are named; all of them when null.
struct Rows {
  const Index* indices = nullptr;
  Index count = 0;
  bool all() const noexcept { return indices == nullptr; }
};

/// A linear map from d1 x d2 matrices to m measurements. Immutable while in use, so one operator
/// may serve many threads; what changes during a call lives in a Workspace.
///
/// Arrays of pointers have K = `batch` entries; entry k belongs to problem k. Every result has the
/// same bits whatever K and the number of threads.
class Operator {
 public:
  struct Workspace {
    virtual ~Workspace() = default;
  };

  virtual ~Operator() = default;

  virtual Index measurements() const noexcept = 0;  // m
  virtual Index rows() const noexcept = 0;          // d1
  virtual Index cols() const noexcept = 0;          // d2
  /// True when every A_i is symmetric; Theta is then taken as symmetric (lower triangle read).
  virtual bool symmetric() const noexcept = 0;
  virtual const char* storage() const noexcept = 0;  // dtype of the stored A
  virtual Index nbytes() const noexcept = 0;         // bytes of the stored A
  /// True when a pass is too small for threads to share it.
  virtual bool is_small() const noexcept = 0;
  /// True when Theta is wanted as L Rᵀ and A*(r) is applied to the factors, neither being formed:
  /// then residual_cotangent takes no assembled view, and the sizes may be such that d1 d2 numbers
  /// do not fit in memory.
  virtual bool factored() const noexcept { return false; }
  /// What Theta is seen of, where that is not everything; else null. f does not depend on the rows
  /// of the factors that belong to the rest.
  virtual const Seen* seen() const noexcept { return nullptr; }

  /// Scratch for calls with up to `batch` Thetas; allocates everything those calls need.
  virtual std::unique_ptr<Workspace> workspace(Index batch) const = 0;

  /// out_k[i] = <A_i, Theta_k>
  virtual void forward(Index batch, const ThetaView* theta, double* const* out,
                       Workspace& workspace, const Execution& execution) const = 0;
  /// G_k = sum_i r_k[i] A_i     (d1 x d2, row-major)
  virtual void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
                       const Execution& execution) const = 0;
  /// r_k[i] = <A_i, Theta_k> - y_k[i],   G_k = sum_i r_k[i] A_i, reading each A_i once
  virtual void residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                                double* const* r, double* const* G, Workspace& workspace,
                                const Execution& execution) const = 0;
  /// r_k[i] = <A_i, Theta_k> - y_k[i] and the cotangent of the factors of Theta_k under
  /// G_k = sum_i r_k[i] A_i: what a step needs
  virtual void residual_cotangent(Index batch, const ThetaView* theta, const double* const* y,
                                  double* const* r, const Cotangent* out, Workspace& workspace,
                                  const Execution& execution) const = 0;

  /// Scratch for residual_cotangent_rows; null where single measurements cannot be had.
  virtual std::unique_ptr<Workspace> rows_workspace() const { return nullptr; }
  /// The same for some of the measurements of one Theta: r[j] = <A_i, Theta> - y[i] for
  /// i = rows.indices[j], and the cotangent under sum_j r[j] A_i. y has all m numbers. Throws
  /// Interrupted.
  virtual void residual_cotangent_rows(const Rows&, const ThetaView&, const double* y, double* r,
                                       const Cotangent&, Workspace&, const Execution&) const {
    (void)y, (void)r;
    throw InvalidArgument("operator", "one with access to single measurements", storage());
  }
};

}  // namespace ipgd
