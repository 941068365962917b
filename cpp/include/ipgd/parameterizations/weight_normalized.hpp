// Theta = w_+^L - w_-^L with weight normalisation of Chou, Rauhut, Ward (2023).
#pragma once

#include "ipgd/parameterizations/hadamard.hpp"

namespace ipgd {

/// w = length v / ||v|| with length = g / sqrt(rho), for each of w_+ and w_-; rho is the
/// `step_ratio`. With n = v / ||v||:
///   grad_g = <grad_w, n> / sqrt(rho) ,   grad_v = length / ||v|| (I - n nᵀ) grad_w .
/// A step of size eta moves the length by eta / rho <grad_w, n>. Descent on directions and lengths
/// with two step sizes of ratio rho is thus plain descent on these parameters. As grad_v is
/// orthogonal to v, no step makes ||v|| smaller.
class WeightNormalized final : public VectorModel {
 public:
  WeightNormalized(Index dimension, Index power, double step_ratio);

  const char* name() const noexcept override { return "WeightNormalized"; }
  /// Where a start gives v entries alpha, g is such that w has entries alpha, too.
  std::vector<Block> blocks() const override;
  Index size() const noexcept override { return 2 * d_ + 2; }
  Index degree() const noexcept override { return base_.degree(); }
  /// L^2 max(1/rho, 1): where ||v|| is at least the length of w.
  double stiffness() const noexcept override {
    return base_.stiffness() * std::max(1 / (root_ * root_), 1.0);
  }
  /// d alpha^L = 0.1: shorter than the solution, but of its size. The directions of a tiny start
  /// would take steps far too large once the lengths have grown.
  double start_size() const noexcept override {
    return std::pow(0.1 / static_cast<double>(d_), 1 / static_cast<double>(degree()));
  }
  Index scratch_size() const noexcept override { return 5 * d_ + 1; }
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// Throws InvalidArgument where v = 0.
  void admit(const double* theta) const override;
  /// v = w where w is not zero, else all ones.
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;
  /// direction_norms: ||v_+|| and ||v_-||, which no step makes smaller.
  std::optional<OwnQuantity> own_quantity() const override {
    return OwnQuantity{"direction_norms", 2};
  }
  void measure_own(const double* theta, double* out) const override;
  /// Of (w_+, w_-): on the support of the truth and off it.
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 private:
  void fill(const double* theta, double* scratch) const override;
  void differentiate(const double* theta, const double* v, double* out) const override;
  /// (w_+, w_-)
  void weights(const double* theta, double* w) const;
  /// Its derivative along a direction of theta.
  void weights_along(const double* theta, const double* along, double* dw) const;

  HadamardPower base_;
  double root_;  // sqrt(rho)
};

}  // namespace ipgd
