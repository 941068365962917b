#include "ipgd/parameterizations/asymmetric_factor.hpp"

#include <cmath>

#include "ipgd/base/chunks.hpp"
#include "ipgd/base/size.hpp"
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
                          "SymmetricFactor for an operator on symmetric matrices",
                          "AsymmetricFactor, whose Theta = V Wᵀ is not symmetric");
  if (op.rows() != d1_ || op.cols() != d2_)
    throw InvalidArgument("parameterization",
                          "V Wᵀ of the operator's shape " + shape_text(op.rows(), op.cols()),
                          shape_text(d1_, d2_));
}

ThetaView AsymmetricFactor::view(const double* theta) const noexcept {
  return ThetaView::product(theta, theta + d1_ * k_, d1_, d2_, k_);
}

void AsymmetricFactor::pull_back(const double* theta, const double* G, double scale,
                                 double* gradient, const Execution& execution) const {
  // grad_V = G W,  grad_W = Gᵀ V
  const ConstMatrixMap V(theta, d1_, k_), W(theta + d1_ * k_, d2_, k_), g(G, d1_, d2_);
  MatrixMap grad_V(gradient, d1_, k_), grad_W(gradient + d1_ * k_, d2_, k_);
  for_row_blocks(execution, d1_, d1_ * d2_ * k_, [&](Index begin, Index end) {
    // Scaled afterwards: Eigen would put the scaled rows of a small g on the heap.
    auto out = grad_V.middleRows(begin, end - begin);
    out.noalias() = g.middleRows(begin, end - begin) * W;
    out *= scale;
  });
  for_row_blocks(execution, d2_, d1_ * d2_ * k_, [&](Index begin, Index end) {
    auto out = grad_W.middleRows(begin, end - begin);
    out.noalias() = g.middleCols(begin, end - begin).transpose() * V;
    out *= scale;
  });
}

Vector AsymmetricFactor::singular_values(const double* theta, Index count) const {
  const ConstMatrixMap V(theta, d1_, k_), W(theta + d1_ * k_, d2_, k_);
  return largest_singular_values(V * W.transpose(), count);
}

Split AsymmetricFactor::split(const double* theta, const Truth& truth) const {
  const Projection v = project(truth.left, ConstMatrixMap(theta, d1_, k_));
  const Projection w = project(truth.right, ConstMatrixMap(theta + d1_ * k_, d2_, k_));
  return {std::hypot(v.inside, w.inside), std::hypot(v.outside, w.outside)};
}

}  // namespace ipgd
