#include "ipgd/base/sums.hpp"

#include "ipgd/base/simd.hpp"

namespace ipgd {

double dot(const double* x, const double* y, Index n) noexcept {
  Pack lanes{};
  Index j = 0;
  for (; j + kLanes <= n; j += kLanes) lanes += load(x + j) * load(y + j);
  double tail = 0;
  for (; j < n; ++j) tail += x[j] * y[j];
  return sum(lanes) + tail;
}

}  // namespace ipgd
