// What a run can record of its iterates.
#pragma once

#include <memory>

#include "ipgd/algorithms/memory.hpp"
#include "ipgd/objective/objective.hpp"

namespace ipgd {

/// An iterate whose f and gradient are known, as quantities and observers see it.
struct Snapshot {
  Index iteration;
  const double* theta;
  const Objective& objective;
  const Evaluation& evaluation;
  bool perturbed;      // since the last record
  const Truth* truth;  // may be null
  double epochs = 0;   // passes over all measurements that the steps so far amount to
};

/// One quantity that one run records.
class Quantity {
 public:
  virtual ~Quantity() = default;

  /// Numbers in a record.
  virtual Index width() const noexcept { return 1; }
  /// What is remembered from one record to the next.
  virtual std::vector<Span> kept() { return {}; }

  /// The direction v along which the curvature vᵀ H v of f is wanted before the record of `s`, H
  /// the Hessian; null: none any more. The run has it found in a pass that it shares with other
  /// runs, hands the answer to `accept`, and asks again; `passes` counts the answers so far.
  virtual const double* wants(const Snapshot& /*s*/, Index /*passes*/) { return nullptr; }
  virtual void accept(double /*curvature*/) {}
  /// True when `wants` may ask for something.
  virtual bool needs_passes() const noexcept { return false; }

  /// Writes the record. Its bits must not depend on the number of threads.
  virtual void measure(const Snapshot& s, double* out, const Execution& execution) = 0;
};

/// What a quantity needs of the problem's truth.
enum class Needs {
  nothing,
  truth,      // Theta*
  bases,      // and bases of its column and row space
  functions,  // and the functions phi_i
};

/// What the width of a quantity may depend on.
struct QuantitySetting {
  const Parameterization& model;
  Index n_singular_values;
  Index functions;  // of the truth
};

/// A row of the table of quantities.
struct QuantityKind {
  const char* name;
  Needs needs;
  /// A single number of the iterate alone;
  double (*value)(const Snapshot&, const Execution&);
  /// or, where this is null, an object.
  std::unique_ptr<Quantity> (*make)(const QuantitySetting&) = nullptr;
  bool vector = false;  // a record is an array, even where it has one number
};

/// All quantities that any model has; a model may have one of its own (`own_quantity`). To add one
/// is to add a row to the table in quantities.cpp, and a file if it is an object.
const std::vector<QuantityKind>& recordable_quantities();

/// The quantity of this row.
std::unique_ptr<Quantity> make_quantity(const QuantityKind& kind, const QuantitySetting& setting);
/// The model's own.
std::unique_ptr<Quantity> make_own_quantity(const Parameterization& model);

/// ||x_t - x_s||, s the iteration of the record before; 0 in the first one.
std::unique_ptr<Quantity> make_step_norm(const QuantitySetting& setting);
/// The norms of the columns of each block of theta, from 1e-300 on.
std::unique_ptr<Quantity> make_column_norms(const QuantitySetting& setting);
/// gᵀ H g / ||g||^2, the curvature of f along its gradient g, by one more pass forward.
std::unique_ptr<Quantity> make_curvature(const QuantitySetting& setting);

}  // namespace ipgd
