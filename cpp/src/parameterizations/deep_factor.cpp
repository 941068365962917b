#include "ipgd/parameterizations/deep_factor.hpp"

#include <cmath>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/chunks.hpp"
#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/parameterizations/differential.hpp"
#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {
namespace {

/// out <- X Yᵀ
void multiply_by_transpose(const ConstMatrixMap& X, const ConstMatrixMap& Y, MatrixMap out,
                           const Execution& execution) {
  for_row_blocks(execution, X.rows(), X.size() * Y.rows(), [&](Index begin, Index end) {
    out.middleRows(begin, end - begin).noalias() = X.middleRows(begin, end - begin) * Y.transpose();
  });
}

/// out <- scale Xᵀ Y
void multiply_transpose_by(const ConstMatrixMap& X, const ConstMatrixMap& Y, double scale,
                           MatrixMap out, const Execution& execution) {
  for_row_blocks(execution, X.cols(), X.size() * Y.cols(), [&](Index begin, Index end) {
    auto rows = out.middleRows(begin, end - begin);
    rows.noalias() = X.middleCols(begin, end - begin).transpose() * Y;
    rows *= scale;
  });
}

}  // namespace

DeepFactor::DeepFactor(std::vector<Index> sizes) : sizes_(std::move(sizes)) {
  if (depth() < 2) throw InvalidArgument("depth", "a depth of at least 2", std::to_string(depth()));
  begin_.push_back(0);
  for (Index j = 1; j <= depth(); ++j) {
    require_positive("widths", height(j));
    require_positive("widths", height(j - 1));
    begin_.push_back(begin_.back() + checked_product({height(j), height(j - 1)}));
  }
  scratch_size_ = cols() * height(1);
  partial_.assign(sizes_.size(), 0);
  for (Index j = depth() - 1; j >= 2; --j) {
    partial_[to_size(j)] = scratch_size_;
    scratch_size_ += checked_product({rows(), height(j - 1)});
  }
}

std::vector<Block> DeepFactor::blocks() const {
  std::vector<Block> out;
  for (Index j = 1; j <= depth(); ++j)
    out.push_back({"W" + std::to_string(j), height(j), height(j - 1)});
  return out;
}

void DeepFactor::check(const Operator& op) const {
  if (op.symmetric())
    throw InvalidArgument("parameterization",
                          "SymmetricFactor for an operator on symmetric matrices (Dense takes any)",
                          std::string(name()) + ", whose Theta = W_N ... W_1 is not symmetric");
  if (op.rows() != rows() || op.cols() != cols())
    throw InvalidArgument("parameterization",
                          "W_N ... W_1 of the operator's shape " + shape_text(op.rows(), op.cols()),
                          shape_text(rows(), cols()));
}

ThetaView DeepFactor::view(const double* theta, double* scratch, const Execution& execution) const {
  MatrixMap(scratch, cols(), height(1)) = layer(theta, 1).transpose();
  const double* L = layer(theta, depth()).data();
  for (Index j = depth() - 1; j >= 2; --j) {
    // P_j = P_{j+1} W_j
    const MatrixMap out(partial(scratch, j), rows(), height(j - 1));
    multiply(ConstMatrixMap(L, rows(), height(j)), layer(theta, j), out, execution);
    L = out.data();
  }
  return ThetaView::product(L, scratch, rows(), cols(), height(1));
}

void DeepFactor::pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                           double* scratch, double* gradient, const Execution& execution) const {
  // grad_{W_1} = Lᵀ G
  MatrixMap first = layer(gradient, 1);
  first = ConstMatrixMap(cotangent.right, cols(), height(1)).transpose();
  first *= scale;
  // C_2 = G R is the cotangent of P_2. As P_j = P_{j+1} W_j:
  //   grad_{W_j} = P_{j+1}ᵀ C_j ,   C_{j+1} = C_j W_jᵀ , which takes the place of P_{j+1}
  const double* C = cotangent.left;
  for (Index j = 2; j < depth(); ++j) {
    const bool outer = j + 1 == depth();
    const ConstMatrixMap here(C, rows(), height(j - 1));
    const ConstMatrixMap P(outer ? layer(theta, depth()).data() : partial(scratch, j + 1), rows(),
                           height(j));
    multiply_transpose_by(P, here, scale, layer(gradient, j), execution);
    const MatrixMap next(outer ? layer(gradient, depth()).data() : partial(scratch, j + 1), rows(),
                         height(j));
    multiply_by_transpose(here, layer(theta, j), next, execution);
    C = next.data();
  }
  // grad_{W_N} = C_N
  double* const last = layer(gradient, depth()).data();
  for (Index i = 0; i < rows() * height(depth() - 1); ++i) last[i] = scale * C[i];
}

ThetaView DeepFactor::tangent(const double* theta, const double* v, const double* scratch,
                              double* work, const Execution& execution) const {
  double *const dL = work, *const dR = work + rows() * height(1);
  const ConstMatrixMap D = derivative(theta, v, scratch, 2, dL, execution);
  if (D.data() != dL) MatrixMap(dL, rows(), height(1)) = D;
  MatrixMap(dR, cols(), height(1)) = layer(v, 1).transpose();
  return ThetaView::product(dL, dR, rows(), cols(), height(1));
}

// dP_j along v, in `out` where j < N: dP_N = dW_N, dP_j = dP_{j+1} W_j + P_{j+1} dW_j
ConstMatrixMap DeepFactor::derivative(const double* theta, const double* v, const double* scratch,
                                      Index j, double* out, const Execution& execution) const {
  if (j == depth()) return layer(v, j);
  Matrix above(rows(), height(j)), right(rows(), height(j - 1));
  const ConstMatrixMap dP = derivative(theta, v, scratch, j + 1, above.data(), execution);
  MatrixMap result(out, rows(), height(j - 1));
  multiply(dP, layer(theta, j), result, execution);
  multiply(product_above(theta, scratch, j), layer(v, j),
           MatrixMap(right.data(), right.rows(), right.cols()), execution);
  result += right;
  return ConstMatrixMap(out, rows(), height(j - 1));
}

void DeepFactor::pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                                   const ConstCotangent& dC, double scale, const double* scratch,
                                   double* out, const Execution& execution) const {
  MatrixMap first = layer(out, 1);
  first = ConstMatrixMap(dC.right, cols(), height(1)).transpose();
  first *= scale;
  // The derivative of each line of pull_back: with C_{j+1} = C_j W_jᵀ and E_j = dC_j
  //   d grad_{W_j} = dP_{j+1}ᵀ C_j + P_{j+1}ᵀ E_j ,   E_{j+1} = E_j W_jᵀ + C_j dW_jᵀ
  Matrix here = ConstMatrixMap(C.left, rows(), height(1));
  Matrix slope = ConstMatrixMap(dC.left, rows(), height(1));
  const auto map = [](const Matrix& X) { return ConstMatrixMap(X.data(), X.rows(), X.cols()); };
  const auto room = [](Matrix& X) { return MatrixMap(X.data(), X.rows(), X.cols()); };
  for (Index j = 2; j < depth(); ++j) {
    Matrix memory(rows(), height(j)), other(height(j), height(j - 1));
    const ConstMatrixMap dP = derivative(theta, v, scratch, j + 1, memory.data(), execution);
    MatrixMap to = layer(out, j);
    multiply_transpose_by(dP, map(here), scale, to, execution);
    multiply_transpose_by(product_above(theta, scratch, j), map(slope), scale, room(other),
                          execution);
    to += other;
    Matrix next(rows(), height(j)), next_slope(rows(), height(j)), along(rows(), height(j));
    multiply_by_transpose(map(here), layer(theta, j), room(next), execution);
    multiply_by_transpose(map(slope), layer(theta, j), room(next_slope), execution);
    multiply_by_transpose(map(here), layer(v, j), room(along), execution);
    next_slope += along;
    here.swap(next);
    slope.swap(next_slope);
  }
  double* const last = layer(out, depth()).data();
  for (Index i = 0; i < slope.size(); ++i) last[i] = scale * slope.data()[i];
}

void DeepFactor::lift(const Matrix& left, const Vector& values, const Matrix& right,
                      double* theta) const {
  const Vector roots = values.array().pow(1.0 / static_cast<double>(depth()));
  Matrix transposed(cols(), height(1));
  fill_scaled_columns(right, roots, MatrixMap(transposed.data(), cols(), height(1)));
  layer(theta, 1) = transposed.transpose();
  for (Index j = 2; j < depth(); ++j) {
    MatrixMap W = layer(theta, j);
    W.setZero();
    const Index n = std::min({W.rows(), W.cols(), roots.size()});
    W.diagonal().head(n) = roots.head(n);
  }
  fill_scaled_columns(left, roots, layer(theta, depth()));
}

Matrix DeepFactor::theta_of(const double* theta) const {
  Buffer<double> scratch(scratch_size_);
  Matrix out(rows(), cols());
  assemble(view(theta, scratch.data(), {}), out.data());
  return out;
}

Vector DeepFactor::singular_values(const double* theta, Index count) const {
  return largest_singular_values(theta_of(theta), count);
}

void DeepFactor::measure_own(const double* theta, double* out) const {
  *out = 0;
  for (Index j = 1; j < depth(); ++j) {
    const ConstMatrixMap below = layer(theta, j), above = layer(theta, j + 1);
    Matrix difference = above.transpose() * above;
    difference.noalias() -= below * below.transpose();
    *out = std::max(*out, difference.norm());
  }
}

namespace {

struct Parts {
  Matrix coordinates, outside;  // Lᵀ X R and X - L Lᵀ X R Rᵀ
};
Parts parts_of(Matrix X, const Truth& truth) {
  Matrix coordinates = truth.left.transpose() * X * truth.right;
  X.noalias() -= truth.left * coordinates * truth.right.transpose();
  return {std::move(coordinates), std::move(X)};
}

}  // namespace

Split DeepFactor::split(const double* theta, const Truth& truth) const {
  const Parts parts = parts_of(theta_of(theta), truth);
  return {parts.coordinates.norm(), parts.outside.norm()};
}

double DeepFactor::deviation_rate(const double* theta, const double* along,
                                  const Truth& truth) const {
  Matrix slope(rows(), cols());
  differential(*this, theta, along, slope.data(), {});
  const Matrix x = parts_of(theta_of(theta), truth).outside, dx = parts_of(slope, truth).outside;
  return growth_rate(x.data(), dx.data(), x.size());
}

}  // namespace ipgd
