// Theta = V Wᵀ, the rectangular model of Soltanolkotabi, Stöger, Xie (2023).
#pragma once

#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// V is d1 x k, W is d2 x k. c = 1: grad_V f = G W, grad_W f = Gᵀ V with G = (1/m) A*(r).
class AsymmetricFactor final : public Parameterization {
 public:
  AsymmetricFactor(Index rows, Index cols, Index search_rank);

  const char* name() const noexcept override { return "AsymmetricFactor"; }
  std::vector<Block> blocks() const override { return {{"V", d1_, k_}, {"W", d2_, k_}}; }
  Index rows() const noexcept override { return d1_; }
  Index cols() const noexcept override { return d2_; }
  Index size() const noexcept override { return (d1_ + d2_) * k_; }
  bool symmetric() const noexcept override { return false; }
  double loss_constant() const noexcept override { return 1.0; }
  Index columns() const noexcept override { return k_; }
  void check(const Operator& op) const override;
  Index view_rank() const noexcept override { return k_; }
  ThetaView view(const double* theta, double* scratch, const Execution& execution) const override;
  Ranges parameters_of(const Seen& seen) const override;
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  ThetaView tangent(const double* theta, const double* v, const double* scratch, double* work,
                    const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// V = left sqrt(values), W = right sqrt(values)
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;
  /// WᵀW for V, and VᵀV for W.
  std::unique_ptr<Preconditioner> preconditioner(Inverse inverse) const override;
  /// Singular values of V Wᵀ.
  Vector singular_values(const double* theta, Index count) const override;
  Index spectrum_size() const noexcept override { return std::min(d1_, d2_); }
  /// imbalance: ||VᵀV - WᵀW||_F, which gradient flow keeps.
  std::optional<OwnQuantity> own_quantity() const override { return OwnQuantity{"imbalance", 1}; }
  void measure_own(const double* theta, double* out) const override;
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 private:
  Index d1_, d2_, k_;
};

}  // namespace ipgd
