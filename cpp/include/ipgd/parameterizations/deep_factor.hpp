// Theta = W_N ... W_1, the deep factorisation of Arora, Cohen, Hu, Luo (2019).
#pragma once

#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// W_j is h_j x h_{j-1}, with h_0 = d2, h_N = d1 and N >= 2. c = 1: with G = (1/m) A*(r)
///   grad_{W_j} f = (W_N ... W_{j+1})ᵀ G (W_{j-1} ... W_1)ᵀ .
/// Theta is seen as L Rᵀ with L = W_N ... W_2 and R = W_1ᵀ, so only G R and Gᵀ L are wanted.
class DeepFactor : public Parameterization {
 public:
  /// `sizes` are h_0, ..., h_N.
  explicit DeepFactor(std::vector<Index> sizes);

  const char* name() const noexcept override { return "DeepFactor"; }
  std::vector<Block> blocks() const override;
  Index rows() const noexcept override { return sizes_.back(); }
  Index cols() const noexcept override { return sizes_.front(); }
  Index size() const noexcept override { return begin_.back(); }
  bool symmetric() const noexcept override { return false; }
  double loss_constant() const noexcept override { return 1.0; }
  Index degree() const noexcept override { return depth(); }
  /// N: each layer contributes sigma_1^(2 - 2/N).
  double stiffness() const noexcept override { return static_cast<double>(depth()); }
  void check(const Operator& op) const override;
  Index view_rank() const noexcept override { return sizes_[1]; }
  Index scratch_size() const noexcept override { return scratch_size_; }
  ThetaView view(const double* theta, double* scratch, const Execution& execution) const override;
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  Index tangent_size() const noexcept override { return (rows() + cols()) * height(1); }
  ThetaView tangent(const double* theta, const double* v, const double* scratch, double* work,
                    const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// W_j = values^(1/N) on its diagonal, W_N = left values^(1/N), W_1 = values^(1/N) rightᵀ
  void lift(const Matrix& left, const Vector& values, const Matrix& right,
            double* theta) const override;
  /// Singular values of Theta.
  Vector singular_values(const double* theta, Index count) const override;
  Index spectrum_size() const noexcept override { return std::min(rows(), cols()); }
  /// imbalance: the largest ||W_{j+1}ᵀ W_{j+1} - W_j W_jᵀ||_F, which gradient flow keeps.
  std::optional<OwnQuantity> own_quantity() const override { return OwnQuantity{"imbalance", 1}; }
  void measure_own(const double* theta, double* out) const override;
  /// Of Theta: P P' Theta Q Q' with the truth's bases P, Q, and the rest.
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 protected:
  Index depth() const noexcept { return static_cast<Index>(sizes_.size()) - 1; }
  Index height(Index j) const noexcept { return sizes_[to_size(j)]; }
  ConstMatrixMap layer(const double* theta, Index j) const {
    return {theta + begin_[to_size(j - 1)], height(j), height(j - 1)};
  }
  MatrixMap layer(double* theta, Index j) const {
    return {theta + begin_[to_size(j - 1)], height(j), height(j - 1)};
  }
  /// P_j = W_N ... W_j (d1 x h_{j-1}) in scratch, 2 <= j < N; P_N is W_N itself.
  double* partial(double* scratch, Index j) const { return scratch + partial_[to_size(j)]; }

 private:
  Matrix theta_of(const double* theta) const;
  ConstMatrixMap derivative(const double* theta, const double* v, const double* scratch, Index j,
                            double* out, const Execution& execution) const;
  /// P_{j+1}, j < N, from the scratch of a view.
  ConstMatrixMap product_above(const double* theta, const double* scratch, Index j) const {
    const double* const P =
        j + 1 == depth() ? layer(theta, depth()).data() : scratch + partial_[to_size(j + 1)];
    return {P, rows(), height(j)};
  }

  std::vector<Index> sizes_, begin_;  // of the layers in theta
  std::vector<Index> partial_;        // of the P_j in scratch, behind R
  Index scratch_size_ = 0;
};

}  // namespace ipgd
