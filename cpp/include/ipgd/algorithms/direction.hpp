// Where to go from theta: one of the five parts of an algorithm.
#pragma once

#include <vector>

#include "ipgd/algorithms/memory.hpp"
#include "ipgd/objective/objective.hpp"

namespace ipgd {

class Direction {
 public:
  /// What a direction remembers of a run, and its scratch. It is made before the loop, so that the
  /// loop allocates nothing. Each run has its own, so that one direction serves many runs at once.
  struct Memory {
    virtual ~Memory() = default;
    /// The numbers remembered from one step to the next; they may be read and replaced between
    /// steps. Only the last stage of a step changes them.
    virtual std::vector<Span> kept() { return {}; }
  };

  /// Where a run stands. `evaluation` holds f and its gradient at theta, on the
  /// measurements that the step sees.
  struct Iterate {
    Index iteration;
    Index stage;  // of the step
    double step_size;
    const double* theta;
    const Objective& objective;
    const Evaluation& evaluation;
  };

  virtual ~Direction() = default;
  virtual const char* name() const noexcept = 0;
  /// Throws InvalidArgument naming the first setting that makes no sense.
  virtual void verify() const {}
  /// Throws InvalidArgument when the model lacks what the direction needs.
  virtual void check(const Parameterization&) const {}
  /// Null where there is nothing to remember.
  virtual std::unique_ptr<Memory> memory(const Objective&) const { return nullptr; }
  /// A step may be taken in stages, each with its own evaluation of f.
  virtual Index stages(const Parameterization&) const { return 1; }

  /// True when d is zero where the gradient is zero because f does not depend on the parameter.
  virtual bool keeps_to_gradient() const { return true; }
  /// A step, or a stage of one, is theta - step_size * d. Returns d, which lives as long as the
  /// evaluation and the memory do; null where a matrix is singular and there is no direction.
  virtual const double* operator()(const Iterate& at, Memory* memory) const = 0;
};

/// d = grad f(theta)
class SteepestDescent final : public Direction {
 public:
  const char* name() const noexcept override { return "steepest descent"; }
  const double* operator()(const Iterate& at, Memory*) const override {
    return at.evaluation.gradient.data();
  }
};

}  // namespace ipgd
