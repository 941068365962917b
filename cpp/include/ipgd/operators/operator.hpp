// The operator contract: y_i = <A_i, Theta> and its adjoint, for a batch of K Thetas at once.
#pragma once

#include <memory>

#include "ipgd/operators/cotangent.hpp"
#include "ipgd/operators/residual.hpp"

namespace ipgd {

/// Some of the measurements, in any order and as often as they are named; all of them when null.
struct Rows {
  const Index* indices = nullptr;
  Index count = 0;
  bool all() const noexcept { return indices == nullptr; }
};

/// What an operator can do.
struct Capabilities {
  /// Matrices of d1 x d2 numbers fit in memory, and every pass takes an assembled Theta.
  bool dense = true;
  /// Every pass takes Theta as L Rᵀ and applies A*(r) to the factors, neither being formed.
  bool factored = false;
  /// Single measurements can be computed: residual_cotangent_rows.
  bool rows = false;
  /// Every call has to come from the thread that called the core (an interpreter's, MPI's).
  bool calling_thread_only = false;
  /// Measurements are linear combinations of those of a problem (gram.hpp): ||r|| has a meaning, a
  /// single r_i has none. For the squared loss only.
  bool combined = false;
};

/// A linear map from d1 x d2 matrices to m measurements. Immutable while in use, so one operator
/// may serve many threads; what changes during a call lives in a Workspace.
///
/// Arrays of pointers have K = `batch` entries; entry k belongs to problem k. Every result has the
/// same bits whatever K and the number of threads. Every call may throw Interrupted, and leaves
/// workspaces usable then.
///
/// A new operator has to define sizes, `forward` and `adjoint` (or `cotangent`, where A*(r) cannot
/// be formed). All else has a default made of these.
class Operator {
 public:
  struct Workspace {
    virtual ~Workspace() = default;
  };

  virtual ~Operator() = default;

  /// Measurements that live here: the length of y and r in every call.
  virtual Index measurements() const noexcept = 0;
  /// The m of the problem, wherever its measurements live.
  virtual Index total_measurements() const noexcept { return measurements(); }
  virtual Index rows() const noexcept = 0;  // d1
  virtual Index cols() const noexcept = 0;  // d2
  virtual Capabilities capabilities() const noexcept { return {}; }
  /// True when every A_i is symmetric; Theta is then taken as symmetric (lower triangle read).
  virtual bool symmetric() const noexcept { return false; }
  virtual const char* storage() const noexcept { return "none"; }  // dtype of the stored A
  virtual Index nbytes() const noexcept { return 0; }              // bytes of the stored A
  /// True when a pass is too small for threads to share it.
  virtual bool is_small() const noexcept { return false; }
  /// The rows and columns of Theta that are seen, or null where all are. f does not depend on the
  /// factors' other rows.
  virtual const Seen* seen() const noexcept { return nullptr; }

  /// Scratch for calls with up to `batch` Thetas. Allocates everything those calls need.
  virtual std::unique_ptr<Workspace> workspace(Index batch) const;

  /// out_k[i] = <A_i, Theta_k>. An operator that wants its Thetas assembled uses Assembled
  /// (theta.hpp).
  virtual void forward(Index batch, const ThetaView* theta, double* const* out,
                       Workspace& workspace, const Execution& execution) const = 0;
  /// G_k = sum_i r_k[i] A_i     (d1 x d2, row-major)
  virtual void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
                       const Execution& execution) const = 0;
  /// The cotangent of the factors of `at_k` under G_k = sum_i r_k[i] A_i: G_k R and G_kᵀ L.
  virtual void cotangent(Index batch, const double* const* r, const ThetaView* at,
                         const Cotangent* out, Workspace& workspace,
                         const Execution& execution) const;
  /// r_k[i] = <A_i, Theta_k> - y_k[i],   G_k = sum_i r_k[i] A_i, reading each A_i once
  virtual void residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                                double* const* r, double* const* G, Workspace& workspace,
                                const Execution& execution) const;
  /// r_k[i] = <A_i, Theta_k> - y_k[i] with its totals, and the cotangent of the factors of Theta_k
  /// under G_k = sum_i w_k[i] A_i, w_k the weights of r_k: what a step needs.
  virtual void residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                                  const Cotangent* out, Workspace& workspace,
                                  const Execution& execution) const;
  /// What is summed of r over all measurements of the problem.
  virtual Totals totals(const Residual& residual, const Execution& execution) const {
    return local_totals(residual, measurements(), nullptr, execution);
  }

  /// Scratch for residual_cotangent_rows.
  virtual std::unique_ptr<Workspace> rows_workspace() const { return workspace(1); }
  /// residual_cotangent for some measurements of the problem: r[j] = <A_i, Theta> - y[i] for i =
  /// rows.indices[j] < total_measurements(), their totals, and the cotangent under sum_j w[j] A_i.
  /// y (and data) have numbers for all measurements that live here, r for those of `rows`.
  virtual void residual_cotangent_rows(const Rows&, const ThetaView&, Residual&, const Cotangent&,
                                       Workspace&, const Execution&) const {
    throw InvalidArgument("operator", "one with access to single measurements", storage());
  }
};

}  // namespace ipgd
