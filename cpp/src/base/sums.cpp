#include "ipgd/base/sums.hpp"

#include <cmath>

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

double norm(const double* x, Index n) noexcept {
  const double squared = dot(x, x, n);
  // Far from both ends of the exponents no term that matters was lost.
  if (squared > 1e-250 && squared < 1e250) return std::sqrt(squared);
  double largest = 0;
  for (Index j = 0; j < n; ++j)
    if (!(std::abs(x[j]) <= largest)) largest = std::abs(x[j]);  // NaN too
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const int exponent = std::ilogb(largest);
  double sum = 0;
  for (Index j = 0; j < n; ++j) {
    const double scaled = std::ldexp(x[j], -exponent);
    sum += scaled * scaled;
  }
  return std::ldexp(std::sqrt(sum), exponent);
}

}  // namespace ipgd
