#include "ipgd/parameterizations/symmetric_factor.hpp"

#include <iterator>

#include "ipgd/base/size.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/parameterizations/factor_preconditioner.hpp"
#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {

SymmetricFactor::SymmetricFactor(Index dimension, Index search_rank)
    : d_(dimension), k_(search_rank) {
  require_positive("dimension", dimension);
  require_positive("search_rank", search_rank);
  checked_product({dimension, search_rank});
}

void SymmetricFactor::check(const Operator& op) const {
  if (op.rows() != op.cols())
    throw InvalidArgument("parameterization",
                          "AsymmetricFactor for an operator on rectangular matrices (" +
                              shape_text(op.rows(), op.cols()) + ")",
                          "SymmetricFactor, whose Theta = U Uᵀ is square");
  if (op.rows() != d_)
    throw InvalidArgument(
        "parameterization",
        "U with as many rows as the operator's Theta (" + std::to_string(op.rows()) + ")",
        std::to_string(d_));
}

ThetaView SymmetricFactor::view(const double* theta, double*, const Execution&) const {
  return ThetaView::product(theta, theta, d_, d_, k_);
}

void SymmetricFactor::pull_back(const double*, const ConstCotangent& cotangent, double scale,
                                double*, double* gradient, const Execution&) const {
  if (cotangent.cleared == nullptr) {
    scale_rows(scale, cotangent.left, nullptr, d_, k_, gradient);
    return;
  }
  scale_rows(scale, cotangent.left, &cotangent.cleared->rows, d_, k_, gradient);
  scale_rows(scale, cotangent.left, &cotangent.cleared->cols, d_, k_, gradient);
}

Ranges SymmetricFactor::parameters_of(const Seen& seen) const {
  std::vector<Index> rows;
  std::set_union(seen.rows.begin(), seen.rows.end(), seen.cols.begin(), seen.cols.end(),
                 std::back_inserter(rows));
  Ranges ranges(size());
  ranges.add_rows(rows, k_, 0);
  return ranges;
}

ThetaView SymmetricFactor::tangent(const double*, const double* v, const double*, double*,
                                   const Execution&) const {
  return ThetaView::product(v, v, d_, d_, k_);
}

void SymmetricFactor::pull_back_tangent(const double* theta, const double*, const ConstCotangent&,
                                        const ConstCotangent& dC, double scale, const double*,
                                        double* out, const Execution& execution) const {
  pull_back(theta, dC, scale, nullptr, out, execution);
}

void SymmetricFactor::lift(const Matrix& left, const Vector& values, const Matrix&,
                           double* theta) const {
  fill_scaled_columns(left, values.cwiseSqrt(), MatrixMap(theta, d_, k_));
}

std::unique_ptr<Preconditioner> SymmetricFactor::preconditioner(Inverse inverse) const {
  using Pairs = std::vector<FactorPreconditioner::Pair>;
  return std::make_unique<FactorPreconditioner>(Pairs{{0, d_, 0, d_}}, k_, inverse);
}

Vector SymmetricFactor::singular_values(const double* theta, Index count) const {
  return largest_singular_values(ConstMatrixMap(theta, d_, k_), count);
}

Split SymmetricFactor::split(const double* theta, const Truth& truth) const {
  // S = VᵀU, E = V_perpᵀ U (`column` in the vocabulary of the implicit region)
  const Projection p = project(truth.left, ConstMatrixMap(theta, d_, k_));
  return {p.inside, p.outside};
}

double SymmetricFactor::deviation_rate(const double* theta, const double* along,
                                       const Truth& truth) const {
  const Matrix E = outside(truth.left, ConstMatrixMap(theta, d_, k_));
  const Matrix dE = outside(truth.left, ConstMatrixMap(along, d_, k_));
  return growth_rate(E.data(), dE.data(), E.size());
}

}  // namespace ipgd
