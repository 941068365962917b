#include "ipgd/base/sums.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/base/ranges.hpp"
#include "ipgd/base/widen.hpp"

namespace ipgd {

double dot(const double* x, const double* y, Index n) noexcept {
  Pack<double> lanes{};
  Index j = 0;
  for (; j + kLanes<double> <= n; j += kLanes<double>)
    add_product(lanes, load<double>(x + j), load<double>(y + j));
  double tail = 0;
  for (; j < n; ++j) tail += x[j] * y[j];
  return sum(lanes) + tail;
}

// True where no term that matters to a sum of squares has over- or underflowed.
static bool far_from_both_ends(double squared) { return squared > 1e-250 && squared < 1e250; }

static double largest_size(const double* x, Index n) {
  double largest = 0;
  for (Index j = 0; j < n; ++j)
    if (!(std::abs(x[j]) <= largest)) largest = std::abs(x[j]);  // NaN too
  return largest;
}

double norm(const double* x, Index n) noexcept {
  const double squared = dot(x, x, n);
  if (far_from_both_ends(squared)) return std::sqrt(squared);
  const double largest = largest_size(x, n);
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const int exponent = std::ilogb(largest);
  double sum = 0;
  for (Index j = 0; j < n; ++j) {
    const double scaled = std::ldexp(x[j], -exponent);
    sum += scaled * scaled;
  }
  return std::ldexp(std::sqrt(sum), exponent);
}

double growth_rate(const double* x, const double* dx, Index n) noexcept {
  const double squared = dot(x, x, n), change = dot(dx, dx, n);
  if (far_from_both_ends(squared) && far_from_both_ends(change)) return -dot(x, dx, n) / squared;
  if (std::isnan(squared) || std::isnan(change)) return NAN;
  const double size = largest_size(x, n), slope = largest_size(dx, n);
  if (!(std::isfinite(size) && std::isfinite(slope))) return NAN;
  if (size == 0 || slope == 0) return slope == 0 ? 0 : HUGE_VAL;
  const int here = std::ilogb(size), there = std::ilogb(slope);
  double product = 0, length = 0;
  for (Index j = 0; j < n; ++j) {
    const double scaled = std::ldexp(x[j], -here);
    product += scaled * std::ldexp(dx[j], -there);
    length += scaled * scaled;
  }
  return std::ldexp(-product / length, there - here);
}

double norm(const double* x, const Ranges& ranges) noexcept {
  const Index n = ranges.size(), whole = n - n % kLanes<double>;
  if (ranges.all()) return norm(x, n);
  Pack<double> lanes{};
  for (const Range& range : ranges)
    for (Index j = range.begin; j < std::min(range.end, whole); j += kLanes<double>)
      add_product(lanes, load<double>(x + j), load<double>(x + j));
  const double squared = sum(lanes) + dot(x + whole, x + whole, n - whole);
  return far_from_both_ends(squared) ? std::sqrt(squared) : norm(x, n);
}

}  // namespace ipgd
