// Momentum on top of another direction: with a fixed coefficient, or an adaptive one.
#pragma once

#include "ipgd/algorithms/direction.hpp"

namespace ipgd {

/// Which point the gradient is taken at.
enum class Momentum { heavy_ball, nesterov };

/// u_t = beta u_{t-1} + d_t,  u_{-1} = 0, where d_t is the inner direction. With a step size eta,
///   heavy_ball, u_t:           x_{t+1} = x_t - eta d_t + beta (x_t - x_{t-1})
///   nesterov, d_t + beta u_t:  the extrapolated points x_t of
///                              z_{t+1} = x_t - eta d(x_t),  x_{t+1} = z_{t+1} + beta (z_{t+1} -
///                              z_t)
class MomentumDescent final : public Direction {
 public:
  MomentumDescent(std::shared_ptr<const Direction> inner, double coefficient, Momentum kind)
      : inner_(std::move(inner)), beta_(coefficient), kind_(kind) {}
  const char* name() const noexcept override {
    return kind_ == Momentum::nesterov ? "Nesterov momentum" : "heavy-ball momentum";
  }
  void verify() const override;
  void check(const Parameterization& model) const override;
  bool keeps_to_gradient() const override { return inner_->keeps_to_gradient(); }
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;

 private:
  std::shared_ptr<const Direction> inner_;
  double beta_;
  Momentum kind_;
};

/// Nesterov momentum with beta = k / (k + 3): k grows by one a step, and loses a fifth at a step
/// that goes uphill, <grad f(x_t), z_{t+1} - z_t> > 0.
///   z_{t+1} = x_t - eta d(x_t),  x_{t+1} = z_{t+1} + beta (z_{t+1} - z_t)
/// The test is that of O'Donoghue and Candes (2015), who set k to zero. Where large parameters
/// oscillate, losing a fifth keeps most of the speed of small ones that still grow.
class AdaptiveMomentum final : public Direction {
 public:
  explicit AdaptiveMomentum(std::shared_ptr<const Direction> inner) : inner_(std::move(inner)) {}
  const char* name() const noexcept override { return "adaptive Nesterov momentum"; }
  void verify() const override { inner_->verify(); }
  bool keeps_to_gradient() const override { return inner_->keeps_to_gradient(); }
  void check(const Parameterization& model) const override;
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;

 private:
  std::shared_ptr<const Direction> inner_;
};

}  // namespace ipgd
