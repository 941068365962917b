// The one loop.
#pragma once

#include <functional>

#include "ipgd/algorithms/algorithm.hpp"
#include "ipgd/algorithms/record.hpp"

namespace ipgd {

enum class Verdict { go_on, stop, interrupt };

/// Watches a run from outside. Called on the calling thread, between iterations.
class Observer {
 public:
  virtual ~Observer() = default;
  /// After each record.
  virtual Verdict on_record(const Snapshot& snapshot) = 0;
  /// At every iteration; must be cheap.
  virtual void on_iteration(const Snapshot& snapshot) = 0;
};

/// The memory of a run's iterates. It outlives the run, so an observer may keep a pointer.
struct Iterates {
  explicit Iterates(Index size) : current(size), other(size) {}
  Buffer<double> current;
  Buffer<double> other;  // x_{t-1}, then x_{t+1}: the last finite iterate survives a diverging step
  Buffer<double> anchor;  // x before the last kick
};

struct Outcome {
  Status status;
  Index iteration;  // steps taken
  double loss, gradient_norm, relative_residual;
  Index perturbations;  // made, also those of an iterate that was discarded
};

/// Runs `algorithm` from iterates.current, where the result is left. On `diverged` that is the last
/// iterate with a finite loss; on `second_order` the point before the last perturbation.
Outcome descend(const Objective& objective, const Algorithm& algorithm, Iterates& iterates,
                const Truth* truth, Recorder& recorder, Observer* observer,
                const Execution& execution);

}  // namespace ipgd
