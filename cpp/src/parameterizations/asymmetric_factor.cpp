#include "ipgd/parameterizations/asymmetric_factor.hpp"

#include <cmath>

#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/size.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/parameterizations/factor_preconditioner.hpp"
#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {

AsymmetricFactor::AsymmetricFactor(Index rows, Index cols, Index search_rank)
    : d1_(rows), d2_(cols), k_(search_rank) {
  require_positive("rows", rows);
  require_positive("cols", cols);
  require_positive("search_rank", search_rank);
  checked_product({rows + cols, search_rank});
}

void AsymmetricFactor::check(const Operator& op) const {
  if (op.symmetric())
    throw InvalidArgument("parameterization",
                          "SymmetricFactor for an operator on symmetric matrices (Dense takes any)",
                          "AsymmetricFactor, whose Theta = V Wᵀ is not symmetric");
  if (op.rows() != d1_ || op.cols() != d2_)
    throw InvalidArgument("parameterization",
                          "V Wᵀ of the operator's shape " + shape_text(op.rows(), op.cols()),
                          shape_text(d1_, d2_));
}

ThetaView AsymmetricFactor::view(const double* theta, double*, const Execution&) const {
  return ThetaView::product(theta, theta + d1_ * k_, d1_, d2_, k_);
}

void AsymmetricFactor::pull_back(const double*, const ConstCotangent& cotangent, double scale,
                                 double*, double* gradient, const Execution&) const {
  // grad_V = G W,  grad_W = Gᵀ V
  const Seen* const seen = cotangent.cleared;
  scale_rows(scale, cotangent.left, seen ? &seen->rows : nullptr, d1_, k_, gradient);
  scale_rows(scale, cotangent.right, seen ? &seen->cols : nullptr, d2_, k_, gradient + d1_ * k_);
}

Ranges AsymmetricFactor::parameters_of(const Seen& seen) const {
  Ranges ranges(size());
  ranges.add_rows(seen.rows, k_, 0);
  ranges.add_rows(seen.cols, k_, d1_ * k_);
  return ranges;
}

ThetaView AsymmetricFactor::tangent(const double*, const double* v, const double*, double*,
                                    const Execution&) const {
  return ThetaView::product(v, v + d1_ * k_, d1_, d2_, k_);
}

void AsymmetricFactor::pull_back_tangent(const double* theta, const double*, const ConstCotangent&,
                                         const ConstCotangent& dC, double scale, const double*,
                                         double* out, const Execution& execution) const {
  pull_back(theta, dC, scale, nullptr, out, execution);
}

void AsymmetricFactor::lift(const Matrix& left, const Vector& values, const Matrix& right,
                            double* theta) const {
  const Vector roots = values.cwiseSqrt();
  fill_scaled_columns(left, roots, MatrixMap(theta, d1_, k_));
  fill_scaled_columns(right, roots, MatrixMap(theta + d1_ * k_, d2_, k_));
}

std::unique_ptr<Preconditioner> AsymmetricFactor::preconditioner(Inverse inverse) const {
  using Pairs = std::vector<FactorPreconditioner::Pair>;
  const Index W = d1_ * k_;
  return std::make_unique<FactorPreconditioner>(Pairs{{0, d1_, W, d2_}, {W, d2_, 0, d1_}}, k_,
                                                inverse);
}

Vector AsymmetricFactor::singular_values(const double* theta, Index count) const {
  const ConstMatrixMap V(theta, d1_, k_), W(theta + d1_ * k_, d2_, k_);
  if (k_ >= std::min(d1_, d2_)) return largest_singular_values(V * W.transpose(), count);
  // Those of R_V R_Wᵀ, so that V Wᵀ is not formed; there are k of them.
  Vector values = Vector::Zero(count);
  const Matrix core = triangular_factor(V) * triangular_factor(W).transpose();
  const Index known = std::min(count, k_);
  values.head(known) = largest_singular_values(core, known);
  return values;
}

void AsymmetricFactor::measure_own(const double* theta, double* out) const {
  const ConstMatrixMap V(theta, d1_, k_), W(theta + d1_ * k_, d2_, k_);
  Matrix difference = V.transpose() * V;
  difference.noalias() -= W.transpose() * W;
  *out = difference.norm();
}

Split AsymmetricFactor::split(const double* theta, const Truth& truth) const {
  const Projection v = project(truth.left, ConstMatrixMap(theta, d1_, k_));
  const Projection w = project(truth.right, ConstMatrixMap(theta + d1_ * k_, d2_, k_));
  return {std::hypot(v.inside, w.inside), std::hypot(v.outside, w.outside)};
}

double AsymmetricFactor::deviation_rate(const double* theta, const double* along,
                                        const Truth& truth) const {
  const auto outside_of = [&](const double* from) {
    Matrix both(d1_ + d2_, k_);
    both << outside(truth.left, ConstMatrixMap(from, d1_, k_)),
        outside(truth.right, ConstMatrixMap(from + d1_ * k_, d2_, k_));
    return both;
  };
  const Matrix E = outside_of(theta), dE = outside_of(along);
  return growth_rate(E.data(), dE.data(), E.size());
}

}  // namespace ipgd
