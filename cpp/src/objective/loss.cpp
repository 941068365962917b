#include "ipgd/objective/loss.hpp"

#include <algorithm>
#include <cmath>

namespace ipgd {

Huber::Huber(double delta) : delta_(delta) {
  if (!(std::isfinite(delta) && delta > 0))
    throw InvalidArgument("delta", "a finite positive number", text(delta));
}

double Huber::value(double r, double) const noexcept {
  const double size = std::abs(r);
  return size <= delta_ ? 0.5 * r * r : delta_ * (size - 0.5 * delta_);
}

double Huber::weight(double r, double) const noexcept { return std::clamp(r, -delta_, delta_); }

double Huber::curvature(double r, double) const noexcept { return std::abs(r) <= delta_ ? 1 : 0; }

double Huber::largest_weight(double r, double) const noexcept { return std::min(r, delta_); }

namespace {

double sign(double y) noexcept { return y > 0 ? 1 : -1; }
}  // namespace

Logistic::Logistic(double unit) : unit_(unit) {
  if (!(std::isfinite(unit) && unit > 0))
    throw InvalidArgument("unit", "a finite positive number", text(unit));
}

double Logistic::margin(double r, double y) const noexcept { return sign(y) * (r + y) / unit_; }

double Logistic::value(double r, double y) const noexcept {
  const double t = margin(r, y);  // exp of what is not positive cannot overflow
  return std::max(-t, 0.0) + std::log1p(std::exp(-std::abs(t)));
}

double Logistic::weight(double r, double y) const noexcept {
  return -sign(y) / (unit_ * (1 + std::exp(margin(r, y))));
}

double Logistic::curvature(double r, double y) const noexcept {
  const double e = std::exp(-std::abs(margin(r, y)));
  return e / (unit_ * unit_ * (1 + e) * (1 + e));
}

void Logistic::check(const double* y, Index m) const {
  double negative = unit_;  // 0 or -unit, once one of them was met
  for (Index i = 0; i < m; ++i) {
    if (y[i] == unit_) continue;
    const bool known = y[i] == 0 || y[i] == -unit_;
    if (!known || (negative != unit_ && y[i] != negative))
      throw InvalidArgument("y", "0 and 1, or -1 and 1, for the logistic loss",
                            text(y[i] / unit_) + " at index " + std::to_string(i));
    negative = y[i];
  }
}

}  // namespace ipgd
