// Gradient descent with steps of nearly the same length.
#pragma once

#include "ipgd/algorithms/direction.hpp"

namespace ipgd {

/// d = grad f / (sqrt(v_t / (1 - decay^t)) + floor),  v_t = decay v_{t-1} + (1 - decay) ||grad
/// f||^2 with one v for all parameters: the "GroupRMSprop" of the code of Arora, Cohen, Hu, Luo
/// (2019).
class NormalizedDescent final : public Direction {
 public:
  explicit NormalizedDescent(double decay = 0.99, double floor = 1e-4)
      : decay_(decay), floor_(floor) {}
  const char* name() const noexcept override { return "normalized descent"; }
  void verify() const override;
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;

 private:
  double decay_, floor_;
};

}  // namespace ipgd
