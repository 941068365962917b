#include "ipgd/parameterizations/weight_normalized.hpp"

#include <cmath>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {

// theta = (g_+, v_+, g_-, v_-); scratch = Theta, 1, (w_+, w_-), their gradients.

WeightNormalized::WeightNormalized(Index dimension, Index power, double step_ratio)
    : VectorModel(dimension), base_(dimension, power), root_(std::sqrt(step_ratio)) {
  if (!(std::isfinite(step_ratio) && step_ratio > 0))
    throw InvalidArgument("step_ratio", "a finite positive number", text(step_ratio));
}

std::vector<Block> WeightNormalized::blocks() const {
  const double length = std::sqrt(static_cast<double>(d_)) * root_;
  return {
      {"g_plus", 1, 1, length}, {"v_plus", d_, 1}, {"g_minus", 1, 1, length}, {"v_minus", d_, 1}};
}

void WeightNormalized::weights(const double* theta, double* w) const {
  for (const Index sign : {0, 1}) {
    const double g = theta[sign * (d_ + 1)], *v = theta + sign * (d_ + 1) + 1;
    const double factor = g / root_ / norm(v, d_);
    for (Index i = 0; i < d_; ++i) w[sign * d_ + i] = factor * v[i];
  }
}

void WeightNormalized::fill(const double* theta, double* scratch) const {
  double* const w = scratch + d_ + 1;
  weights(theta, w);
  base_.combine(w, scratch);
}

void WeightNormalized::pull_back(const double* theta, const Cotangent& cotangent, double scale,
                                 double* scratch, double* gradient,
                                 const Execution& execution) const {
  double *const w = scratch + d_ + 1, *const slopes = w + 2 * d_;
  base_.pull_back(w, cotangent, scale, nullptr, slopes, execution);
  for (const Index sign : {0, 1}) {
    const double g = theta[sign * (d_ + 1)], *v = theta + sign * (d_ + 1) + 1;
    double* const out = gradient + sign * (d_ + 1);
    double* const tangent = slopes + sign * d_;
    const double length = norm(v, d_);
    out[0] = dot(tangent, v, d_) / length / root_;
    // (I - n nᵀ) twice: what rounding leaves along n the first time goes the second.
    for (int again = 0; again < 2; ++again) {
      const double along = dot(tangent, v, d_) / length;
      for (Index i = 0; i < d_; ++i) tangent[i] -= along * (v[i] / length);
    }
    for (Index i = 0; i < d_; ++i) out[1 + i] = g / root_ / length * tangent[i];
  }
}

void WeightNormalized::admit(const double* theta) const {
  for (const Index sign : {0, 1})
    if (!(norm(theta + sign * (d_ + 1) + 1, d_) > 0))
      throw InvalidArgument("init", "v_plus and v_minus that are not zero (they are directions)",
                            "zeros");
}

void WeightNormalized::lift(const Matrix& left, const Vector& values, const Matrix& right,
                            double* theta) const {
  Buffer<double> w(2 * d_);
  base_.lift(left, values, right, w.data());
  for (const Index sign : {0, 1}) {
    const double* const from = w.data() + sign * d_;
    double *const g = theta + sign * (d_ + 1), *const v = g + 1;
    const double length = norm(from, d_);
    *g = length * root_;
    for (Index i = 0; i < d_; ++i) v[i] = length > 0 ? from[i] : 1.0;
  }
}

void WeightNormalized::measure_own(const double* theta, double* out) const {
  for (const Index sign : {0, 1}) out[sign] = norm(theta + sign * (d_ + 1) + 1, d_);
}

Split WeightNormalized::split(const double* theta, const Truth& truth) const {
  Buffer<double> w(2 * d_);
  weights(theta, w.data());
  return split_by_support(w.data(), 2, truth);
}

}  // namespace ipgd
