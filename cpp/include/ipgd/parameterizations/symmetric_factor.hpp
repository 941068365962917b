// Theta = U Uᵀ, the positive semidefinite model of Li, Ma, Zhang (2018).
#pragma once

#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// U is d x k with any search rank k >= 1, also beyond d. c = 1/2, so that
/// grad f(U) = (1/m) A*(r) U.
class SymmetricFactor final : public Parameterization {
 public:
  SymmetricFactor(Index dimension, Index search_rank);

  const char* name() const noexcept override { return "SymmetricFactor"; }
  std::vector<Block> blocks() const override { return {{"U", d_, k_}}; }
  Index rows() const noexcept override { return d_; }
  Index cols() const noexcept override { return d_; }
  Index size() const noexcept override { return d_ * k_; }
  bool symmetric() const noexcept override { return true; }
  double loss_constant() const noexcept override { return 0.5; }
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
  /// U = left sqrt(values); `right` is not used.
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;
  /// UᵀU.
  std::unique_ptr<Preconditioner> preconditioner(Inverse inverse) const override;
  /// Singular values of U.
  Vector singular_values(const double* theta, Index count) const override;
  Index spectrum_size() const noexcept override { return std::min(d_, k_); }
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 private:
  Index d_, k_;
};

}  // namespace ipgd
