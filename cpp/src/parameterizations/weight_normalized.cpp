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

void WeightNormalized::pull_back(const double* theta, const ConstCotangent& cotangent, double scale,
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

// dw along dtheta: with length = g / sqrt(rho) and n = v / ||v||,
//   dw = dlength n + length dn ,   dn = (I - n nᵀ) dv / ||v||
void WeightNormalized::weights_along(const double* theta, const double* along, double* dw) const {
  for (const Index sign : {0, 1}) {
    const double g = theta[sign * (d_ + 1)], *v = theta + sign * (d_ + 1) + 1;
    const double dg = along[sign * (d_ + 1)], *dv = along + sign * (d_ + 1) + 1;
    const double size = norm(v, d_), radial = dot(dv, v, d_) / size;
    for (Index i = 0; i < d_; ++i) {
      const double n = v[i] / size;
      dw[sign * d_ + i] = (dg * n + g / size * (dv[i] - radial * n)) / root_;
    }
  }
}

void WeightNormalized::differentiate(const double* theta, const double* along, double* out) const {
  Buffer<double> w(2 * d_), dw(2 * d_);
  weights(theta, w.data());
  weights_along(theta, along, dw.data());
  base_.differentiate(w.data(), dw.data(), out);
}

void WeightNormalized::pull_back_tangent(const double* theta, const double* along,
                                         const ConstCotangent& C, const ConstCotangent& dC,
                                         double scale, const double*, double* out,
                                         const Execution& execution) const {
  Buffer<double> memory(8 * d_);
  double *const w = memory.data(), *const dw = w + 2 * d_, *const slopes = dw + 2 * d_,
                *const dslopes = slopes + 2 * d_;
  weights(theta, w);
  weights_along(theta, along, dw);
  base_.pull_back(w, C, scale, nullptr, slopes, execution);
  base_.pull_back_tangent(w, dw, C, dC, scale, nullptr, dslopes, execution);
  for (const Index sign : {0, 1}) {
    const double g = theta[sign * (d_ + 1)], *v = theta + sign * (d_ + 1) + 1;
    const double dg = along[sign * (d_ + 1)], *dv = along + sign * (d_ + 1) + 1;
    const double *s = slopes + sign * d_, *ds = dslopes + sign * d_;
    double* const to = out + sign * (d_ + 1);
    const double size = norm(v, d_), radial = dot(dv, v, d_) / size;
    // Along dtheta: grad_g = <s, n> / sqrt(rho) and grad_v = a (s - n <s, n>), a = length / ||v||
    const double a = g / root_ / size, da = (dg - g * radial / size) / root_ / size;
    const double sn = dot(s, v, d_) / size;
    const double sdn = (dot(s, dv, d_) - sn * radial) / size;
    const double dsn = dot(ds, v, d_) / size + sdn;
    to[0] = dsn / root_;
    for (Index i = 0; i < d_; ++i) {
      const double n = v[i] / size, dn = (dv[i] - radial * n) / size;
      to[1 + i] = da * (s[i] - n * sn) + a * (ds[i] - dn * sn - n * dsn);
    }
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

double WeightNormalized::deviation_rate(const double* theta, const double* along,
                                        const Truth& truth) const {
  Buffer<double> w(2 * d_), dw(2 * d_);
  weights(theta, w.data());
  weights_along(theta, along, dw.data());
  return growth_off_support(w.data(), dw.data(), 2, truth);
}

}  // namespace ipgd
