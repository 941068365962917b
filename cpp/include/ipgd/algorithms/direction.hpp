// Where to go from theta: the first of an algorithm's four parts.
#pragma once

#include "ipgd/algorithms/objective.hpp"

namespace ipgd {

class Direction {
 public:
  virtual ~Direction() = default;
  virtual const char* name() const noexcept = 0;
  /// A descent step is theta - step_size * d. Returns d, which lives as long as `point`.
  virtual const double* operator()(const double* theta, const Objective::Point& point) const = 0;
};

/// d = grad f(theta)
class SteepestDescent final : public Direction {
 public:
  const char* name() const noexcept override { return "steepest descent"; }
  const double* operator()(const double*, const Objective::Point& point) const override {
    return point.gradient.data();
  }
};

}  // namespace ipgd
