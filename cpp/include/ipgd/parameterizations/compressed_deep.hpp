// Theta = U (W_N ... W_1) Vᵀ, the compressed deep model of Yaras et al. (2023).
#pragma once

#include "ipgd/parameterizations/deep_factor.hpp"

namespace ipgd {

/// W_j is 2r x 2r, U is d1 x 2r and V d2 x 2r. The parameters are left = U / sqrt(c) and
/// right = Vᵀ / sqrt(c), so Theta = c left W_N ... W_1 right and
///   U <- U - eta c grad_U f ,   W_j <- W_j - eta grad_{W_j} f :
/// two step sizes of ratio c are plain descent on the deep model with N + 2 layers. The curvature
/// of f is sigma_1^(2 - 2/N) in a W_j and sigma_1^2 in U and V. With c = gamma magnitude^(-2/N),
/// where the magnitude is about sigma_1(Theta*), gamma has no unit and all parameters have that of
/// Theta^(1/N).
class CompressedDeep final : public DeepFactor {
 public:
  CompressedDeep(Index rows, Index cols, Index depth, Index rank, double gamma, double magnitude);

  const char* name() const noexcept override { return "CompressedDeep"; }
  /// Where a start gives U and V entries alpha, left and right get alpha / sqrt(c).
  std::vector<Block> blocks() const override;
  /// N, since U and V keep about the size of orthonormal columns.
  Index degree() const noexcept override { return depth() - 2; }
  /// N + 2 c sigma_1^(2/N), with sigma_1 = magnitude.
  double stiffness() const noexcept override { return static_cast<double>(degree()) + 2 * gamma_; }
  ThetaView view(const double* theta, double* scratch, const Execution& execution) const override;
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  ThetaView tangent(const double* theta, const double* v, const double* scratch, double* work,
                    const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// U = left, W_j = values^(1/N) on its diagonal, V = right.
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;

 private:
  double gamma_, root_;  // sqrt(c)
};

}  // namespace ipgd
