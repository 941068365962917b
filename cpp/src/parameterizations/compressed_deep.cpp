#include "ipgd/parameterizations/compressed_deep.hpp"

#include <cmath>

#include "ipgd/base/size.hpp"
#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {
namespace {

/// d2, 2r, ..., 2r, d1
std::vector<Index> sizes_of(Index rows, Index cols, Index depth, Index rank) {
  require_positive("depth", depth);
  require_positive("rank", rank);
  std::vector<Index> sizes(to_size(depth) + 3, checked_product({2, rank}));
  sizes.front() = cols;
  sizes.back() = rows;
  return sizes;
}

}  // namespace

CompressedDeep::CompressedDeep(Index rows, Index cols, Index depth, Index rank, double gamma,
                               double magnitude)
    : DeepFactor(sizes_of(rows, cols, depth, rank)),
      gamma_(gamma),
      root_(std::sqrt(gamma) * std::pow(magnitude, -1 / static_cast<double>(depth))) {
  if (!(std::isfinite(gamma) && gamma > 0))
    throw InvalidArgument("gamma", "a finite positive number", text(gamma));
  if (!(std::isfinite(magnitude) && magnitude > 0))
    throw InvalidArgument("magnitude", "a finite positive number", text(magnitude));
}

std::vector<Block> CompressedDeep::blocks() const {
  std::vector<Block> out = DeepFactor::blocks();
  for (std::size_t j = 1; j + 1 < out.size(); ++j) out[j].name = "W" + std::to_string(j);
  out.front().name = "right";
  out.back().name = "left";
  out.front().unit = out.back().unit = 1 / root_;
  return out;
}

ThetaView CompressedDeep::view(const double* theta, double* scratch,
                               const Execution& execution) const {
  DeepFactor::view(theta, scratch, execution);
  // Of the deep model's L = P_2 and R each takes sqrt(c); its pull_back reads neither.
  double *const L = partial(scratch, 2), *const R = scratch;
  for (Index i = 0; i < rows() * view_rank(); ++i) L[i] *= root_;
  for (Index i = 0; i < cols() * view_rank(); ++i) R[i] *= root_;
  return ThetaView::product(L, R, rows(), cols(), view_rank());
}

void CompressedDeep::pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                               double* scratch, double* gradient,
                               const Execution& execution) const {
  DeepFactor::pull_back(theta, cotangent, root_ * scale, scratch, gradient, execution);
}

ThetaView CompressedDeep::tangent(const double* theta, const double* v, const double* scratch,
                                  double* work, const Execution& execution) const {
  const ThetaView view = DeepFactor::tangent(theta, v, scratch, work, execution);
  for (Index i = 0; i < tangent_size(); ++i) work[i] *= root_;
  return view;
}

void CompressedDeep::pull_back_tangent(const double* theta, const double* v,
                                       const ConstCotangent& C, const ConstCotangent& dC,
                                       double scale, const double* scratch, double* out,
                                       const Execution& execution) const {
  DeepFactor::pull_back_tangent(theta, v, C, dC, root_ * scale, scratch, out, execution);
}

void CompressedDeep::lift(const Matrix& left, const Vector& values, const Matrix& right,
                          double* theta) const {
  const Vector ones = Vector::Constant(values.size(), 1 / root_);
  Matrix transposed(cols(), view_rank());
  fill_scaled_columns(right, ones, MatrixMap(transposed.data(), cols(), view_rank()));
  layer(theta, 1) = transposed.transpose();
  const Vector roots = values.array().pow(1.0 / static_cast<double>(degree()));
  const Index n = std::min(view_rank(), roots.size());
  for (Index j = 2; j < depth(); ++j) {
    MatrixMap W = layer(theta, j);
    W.setZero();
    W.diagonal().head(n) = roots.head(n);
  }
  fill_scaled_columns(left, ones, layer(theta, depth()));
}

}  // namespace ipgd
