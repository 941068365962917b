// The trace correction of the quadratic network's algorithm.
#pragma once

#include "ipgd/algorithms/direction.hpp"

namespace ipgd {

/// d = (g - c U) / (1 - eta c),  c = tr(Theta) - s,  s = mean(y). With the gradient g, truncated by
/// the run's Sampling, a step is Algorithm 1 of Li, Ma, Zhang (2018):
///   Ũ = U - eta g,  U_+ = Ũ / (1 - eta (||U||_F^2 - s)).
/// For A_i = x_i x_iᵀ with Gaussian x_i, E <A_i, D> A_i = 2 D + tr(D) I. The correction removes
/// tr(D), and s estimates tr(Theta*). Only for Theta = U Uᵀ.
class TraceCorrectedDescent final : public Direction {
 public:
  const char* name() const noexcept override { return "trace-corrected descent"; }
  bool keeps_to_gradient() const override { return false; }  // it shrinks U
  void check(const Parameterization& model) const override;
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;
};

}  // namespace ipgd
