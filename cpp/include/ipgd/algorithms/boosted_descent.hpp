// Longer steps for small parameters.
#pragma once

#include "ipgd/algorithms/direction.hpp"

namespace ipgd {

/// d_j = boost g_j where |x_j| was below a tenth of the largest parameter at the first step of this
/// direction, else g_j. In Theta = u∘u - v∘v the curvature of f along u_j is 4 u_j^2 ||a_j||^2 / m
/// near Theta*, so that small parameters are stable with longer steps.
class BoostedDescent final : public Direction {
 public:
  explicit BoostedDescent(double boost) : boost_(boost) {}
  const char* name() const noexcept override { return "boosted descent"; }
  void verify() const override;
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;

 private:
  double boost_;
};

}  // namespace ipgd
