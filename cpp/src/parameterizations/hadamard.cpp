#include "ipgd/parameterizations/hadamard.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {

VectorModel::VectorModel(Index dimension) : d_(dimension) {
  require_positive("dimension", dimension);
  checked_product({dimension, 8});
}

void VectorModel::check(const Operator& op) const {
  if (op.cols() != 1)
    throw InvalidArgument("parameterization",
                          "a model of matrices for an operator on matrices (" +
                              shape_text(op.rows(), op.cols()) + ")",
                          std::string(name()) + ", whose Theta is a vector (d x 1)");
  if (op.rows() != d_)
    throw InvalidArgument(
        "parameterization",
        "as many entries as the operator's Theta (" + std::to_string(op.rows()) + ")",
        std::to_string(d_));
}

ThetaView VectorModel::view(const double* theta, double* scratch, const Execution&) const {
  fill(theta, scratch);
  scratch[d_] = 1;
  return ThetaView::product(scratch, scratch + d_, d_, 1, 1);
}

ThetaView VectorModel::tangent(const double* theta, const double* v, const double*, double* work,
                               const Execution&) const {
  differentiate(theta, v, work);
  work[d_] = 0;  // R = 1 does not move
  return ThetaView::product(work, work + d_, d_, 1, 1);
}

Vector VectorModel::singular_values(const double* theta, Index count) const {
  Buffer<double> scratch(scratch_size());
  fill(theta, scratch.data());
  Vector sizes = VectorMap(scratch.data(), d_).cwiseAbs();
  std::partial_sort(sizes.data(), sizes.data() + count, sizes.data() + d_, std::greater<>());
  return sizes.head(count);
}

Split split_by_support(const double* stacked, Index count, const Truth& truth) {
  const Index d = truth.theta.rows();
  double on = 0, off = 0;
  for (Index i = 0; i < d; ++i)
    for (Index b = 0; b < count; ++b) {
      double& norm = truth.theta(i, 0) != 0 ? on : off;
      norm = std::hypot(norm, stacked[b * d + i]);
    }
  return {on, off};
}

double growth_off_support(const double* stacked, const double* along, Index count,
                          const Truth& truth) {
  const Index d = truth.theta.rows();
  std::vector<double> x, dx;
  for (Index b = 0; b < count; ++b)
    for (Index i = 0; i < d; ++i) {
      if (truth.theta(i, 0) != 0) continue;
      x.push_back(stacked[b * d + i]);
      dx.push_back(along[b * d + i]);
    }
  return growth_rate(x.data(), dx.data(), static_cast<Index>(x.size()));
}

HadamardPower::HadamardPower(Index dimension, Index power) : VectorModel(dimension), power_(power) {
  if (power < 2) throw InvalidArgument("power", "a power of at least 2", std::to_string(power));
}

void HadamardPower::combine(const double* theta, double* out) const noexcept {
  const double *u = theta, *v = theta + d_;
  for (Index i = 0; i < d_; ++i) out[i] = integer_power(u[i], power_) - integer_power(v[i], power_);
}

void HadamardPower::pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                              double*, double* gradient, const Execution&) const {
  const double *u = theta, *v = theta + d_, *G = cotangent.left;
  const double L = static_cast<double>(power_);
  for (Index i = 0; i < d_; ++i) {
    gradient[i] = scale * G[i] * (L * integer_power(u[i], power_ - 1));
    gradient[d_ + i] = -scale * G[i] * (L * integer_power(v[i], power_ - 1));
  }
}

void HadamardPower::differentiate(const double* theta, const double* along, double* out) const {
  const double *u = theta, *v = theta + d_, *du = along, *dv = along + d_;
  const double L = static_cast<double>(power_);
  for (Index i = 0; i < d_; ++i)
    out[i] =
        L * (integer_power(u[i], power_ - 1) * du[i] - integer_power(v[i], power_ - 1) * dv[i]);
}

void HadamardPower::pull_back_tangent(const double* theta, const double* v, const ConstCotangent& C,
                                      const ConstCotangent& dC, double scale, const double*,
                                      double* out, const Execution&) const {
  // grad_u = L u^(L-1) G, and with the other sign for v
  const double *G = C.left, *dG = dC.left;
  const double L = static_cast<double>(power_);
  for (Index j = 0; j < 2 * d_; ++j) {
    const Index i = j < d_ ? j : j - d_;
    const double steep = integer_power(theta[j], power_ - 2);
    out[j] =
        (j < d_ ? scale : -scale) * L * (steep * theta[j] * dG[i] + (L - 1) * steep * v[j] * G[i]);
  }
}

void HadamardPower::lift(const Matrix& left, const Vector& values, const Matrix& right,
                         double* theta) const {
  const Vector w = left * values.asDiagonal() * right.transpose();
  for (Index i = 0; i < d_; ++i) {
    theta[i] = std::pow(std::max(w[i], 0.0), 1.0 / static_cast<double>(power_));
    theta[d_ + i] = std::pow(std::max(-w[i], 0.0), 1.0 / static_cast<double>(power_));
  }
}

Split HadamardPower::split(const double* theta, const Truth& truth) const {
  return split_by_support(theta, 2, truth);
}

double HadamardPower::deviation_rate(const double* theta, const double* along,
                                     const Truth& truth) const {
  return growth_off_support(theta, along, 2, truth);
}

void HadamardProduct::fill(const double* theta, double* scratch) const {
  for (Index i = 0; i < d_; ++i) scratch[i] = theta[i] * theta[d_ + i];
}

void HadamardProduct::pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
                                double*, double* gradient, const Execution&) const {
  const double *u = theta, *v = theta + d_, *G = cotangent.left;
  for (Index i = 0; i < d_; ++i) {
    gradient[i] = scale * G[i] * v[i];
    gradient[d_ + i] = scale * G[i] * u[i];
  }
}

void HadamardProduct::differentiate(const double* theta, const double* along, double* out) const {
  for (Index i = 0; i < d_; ++i) out[i] = theta[d_ + i] * along[i] + theta[i] * along[d_ + i];
}

void HadamardProduct::pull_back_tangent(const double* theta, const double* v,
                                        const ConstCotangent& C, const ConstCotangent& dC,
                                        double scale, const double*, double* out,
                                        const Execution&) const {
  const double *G = C.left, *dG = dC.left;
  for (Index i = 0; i < d_; ++i) {
    out[i] = scale * (dG[i] * theta[d_ + i] + G[i] * v[d_ + i]);
    out[d_ + i] = scale * (dG[i] * theta[i] + G[i] * v[i]);
  }
}

void HadamardProduct::lift(const Matrix& left, const Vector& values, const Matrix& right,
                           double* theta) const {
  const Vector w = left * values.asDiagonal() * right.transpose();
  for (Index i = 0; i < d_; ++i) {
    theta[i] = std::sqrt(std::abs(w[i]));
    theta[d_ + i] = std::copysign(theta[i], w[i]);
  }
}

Split HadamardProduct::split(const double* theta, const Truth& truth) const {
  return split_by_support(theta, 2, truth);
}

double HadamardProduct::deviation_rate(const double* theta, const double* along,
                                       const Truth& truth) const {
  return growth_off_support(theta, along, 2, truth);
}

}  // namespace ipgd
