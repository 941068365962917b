// Directions that divide the gradient by the model's own metric: ScaledGD and its relatives.
#pragma once

#include "ipgd/algorithms/direction.hpp"

namespace ipgd {

/// The lambda of (M + lambda I)^{-1}.
struct Damping {
  double constant = 0;
  bool from_loss = false;  // lambda_t = sqrt(f(theta_t)) instead
};

/// d = (M(theta) + lambda I)^{-1} grad f. For the factor models,
///   U:    G U (UᵀU + lambda I)^{-1}
///   V, W: G W (WᵀW + lambda I)^{-1},  Gᵀ V (VᵀV + lambda I)^{-1}
/// lambda = 0: ScaledGD (Tong, Ma, Chi 2021); lambda > 0: ScaledGD(lambda) (Xu, Shen, Chi, Ma
/// 2023); lambda_t = sqrt(f_t): PrecGD (Zhang, Fattahi, Zhang 2021).
class ScaledDescent final : public Direction {
 public:
  explicit ScaledDescent(const Damping& damping) : damping_(damping) {}
  const char* name() const noexcept override { return "scaled descent"; }
  void verify() const override;
  void check(const Parameterization& model) const override;
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;

 private:
  Damping damping_;
};

/// One block of theta after the other, each with the gradient where its predecessors have moved:
///   V_+ = V - eta G(V, W) W (WᵀW)^+,  W_+ = W - eta G(V_+, W)ᵀ V_+ (V_+ᵀ V_+)^+
class AlternatingScaledDescent final : public Direction {
 public:
  const char* name() const noexcept override { return "alternating scaled descent"; }
  void check(const Parameterization& model) const override;
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  Index stages(const Parameterization& model) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;
};

}  // namespace ipgd
