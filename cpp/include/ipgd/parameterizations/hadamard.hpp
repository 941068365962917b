// Vectors as entrywise products: Theta = u^L - v^L and Theta = u∘v, for sparse recovery.
#pragma once

#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// What the models of a vector Theta (d x 1) share. Their view is the product Theta 1ᵀ of rank 1,
/// so that operators which never form Theta can measure it, too.
class VectorModel : public Parameterization {
 public:
  explicit VectorModel(Index dimension);

  Index rows() const noexcept override { return d_; }
  Index cols() const noexcept override { return 1; }
  bool symmetric() const noexcept override { return false; }
  bool entrywise() const noexcept override { return true; }
  /// Smaller than for factors: when entries on the support reach 1, those off it have reached
  /// alpha^(2 - 2 mu), and mu may be 0.9 (docs/measured.md).
  double start_size() const noexcept override {
    return degree() == 2 ? 1e-40 : Parameterization::start_size();
  }
  double loss_constant() const noexcept override { return 1.0; }
  void check(const Operator& op) const override;
  Index view_rank() const noexcept override { return 1; }
  Index scratch_size() const noexcept override { return d_ + 1; }
  ThetaView view(const double* theta, double* scratch, const Execution& execution) const override;
  Index tangent_size() const noexcept override { return d_ + 1; }
  ThetaView tangent(const double* theta, const double* v, const double* scratch, double* work,
                    const Execution& execution) const override;
  /// The largest |Theta_i|, descending.
  Vector singular_values(const double* theta, Index count) const override;
  Index spectrum_size() const noexcept override { return d_; }

 protected:
  Index d_;

 private:
  /// scratch[0 .. d) <- Theta; what else pull_back needs goes behind scratch[d]
  virtual void fill(const double* theta, double* scratch) const = 0;
  /// out <- dTheta, the derivative along v (d numbers)
  virtual void differentiate(const double* theta, const double* v, double* out) const = 0;
};

/// Theta = u^L - v^L entry by entry, L >= 2: grad_u = L u^(L-1) ∘ G, grad_v = -L v^(L-1) ∘ G.
/// A coordinate with u_i = v_i = 0 stays there exactly.
class HadamardPower final : public VectorModel {
 public:
  HadamardPower(Index dimension, Index power);

  /// out <- u^L - v^L
  void combine(const double* theta, double* out) const noexcept;
  /// out <- L u^(L-1) du - L v^(L-1) dv along (du, dv)
  void differentiate(const double* theta, const double* along, double* out) const override;

  const char* name() const noexcept override { return "HadamardPower"; }
  std::vector<Block> blocks() const override { return {{"u", d_, 1}, {"v", d_, 1}}; }
  Index size() const noexcept override { return 2 * d_; }
  Index degree() const noexcept override { return power_; }
  /// L^2
  double stiffness() const noexcept override { return static_cast<double>(power_ * power_); }
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// u and v are the L-th roots of Theta's positive and negative parts.
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;
  /// Of (u, v): on the support of the truth and off it.
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 private:
  void fill(const double* theta, double* scratch) const override { combine(theta, scratch); }
  Index power_;
};

/// Theta = u ∘ v: grad_u = v ∘ G, grad_v = u ∘ G. A start has v = 0, so that Theta = 0 and entries
/// of both signs can be reached. From u = v, u - v stays zero and Theta never gets below zero.
class HadamardProduct final : public VectorModel {
 public:
  explicit HadamardProduct(Index dimension) : VectorModel(dimension) {}

  const char* name() const noexcept override { return "HadamardProduct"; }
  std::vector<Block> blocks() const override { return {{"u", d_, 1}, {"v", d_, 1, 0}}; }
  Index size() const noexcept override { return 2 * d_; }
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// u = |Theta|^(1/2), v = sign(Theta) |Theta|^(1/2)
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;
  /// Of (u, v): on the support of the truth and off it.
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 private:
  void fill(const double* theta, double* scratch) const override;
  void differentiate(const double* theta, const double* v, double* out) const override;
};

/// Norms of the entries of `count` stacked d-vectors on and off the support of the truth.
Split split_by_support(const double* stacked, Index count, const Truth& truth);
/// The growth rate of those off it, which move along -`along`.
double growth_off_support(const double* stacked, const double* along, Index count,
                          const Truth& truth);

/// x^n, n >= 0, by multiplications.
inline double integer_power(double x, Index n) noexcept {
  double result = 1;
  for (Index j = 0; j < n; ++j) result *= x;
  return result;
}

}  // namespace ipgd
