// Theta = sum_j u_j ⊗ ... ⊗ u_j, as the vector of its entries (Ma, Guo, Fattahi 2022).
#pragma once

#include "ipgd/parameterizations/hadamard.hpp"

namespace ipgd {

/// U is d x k, Theta is d^p x 1, p the order. c = 1:
///   grad_{u_j} f = sum over the p places of G with u_j in all the others.
class SymmetricTensor final : public VectorModel {
 public:
  SymmetricTensor(Index dimension, Index order, Index search_rank);

  const char* name() const noexcept override { return "SymmetricTensor"; }
  std::vector<Block> blocks() const override { return {{"U", n_, k_}}; }
  Index size() const noexcept override { return n_ * k_; }
  bool entrywise() const noexcept override { return false; }
  double start_size() const noexcept override { return Parameterization::start_size(); }
  Index degree() const noexcept override { return order_; }
  /// p^2
  double stiffness() const noexcept override { return static_cast<double>(order_ * order_); }
  Index scratch_size() const noexcept override { return d_ + 1 + n_ + 2 * (d_ / n_); }
  void pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                 double* scratch, double* gradient, const Execution& execution) const override;
  void pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                         const ConstCotangent& dC, double scale, const double* scratch, double* out,
                         const Execution& execution) const override;
  /// ||u_j||^p, descending.
  Vector singular_values(const double* theta, Index count) const override;
  Index spectrum_size() const noexcept override { return k_; }
  /// Of Theta: along the truth, and the rest.
  Split split(const double* theta, const Truth& truth) const override;
  double deviation_rate(const double* theta, const double* along,
                        const Truth& truth) const override;

 private:
  void fill(const double* theta, double* scratch) const override;
  void differentiate(const double* theta, const double* v, double* out) const override;
  /// Where column j of U goes.
  const double* column(const double* theta, Index j, double* scratch) const;

  Index n_, order_, k_;  // d, p, k; d_ of the base is d^p
};

}  // namespace ipgd
