#include "ipgd/algorithms/boosted_descent.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/algorithms/require.hpp"

namespace ipgd {
namespace {

constexpr double kSmall = 0.1;  // relative to the largest parameter

struct Weights final : Direction::Memory {
  explicit Weights(Index size) : w(Buffer<double>::zeros(size)), d(size) {}
  std::vector<Span> kept() override { return {{w.data(), w.size()}}; }
  Buffer<double> w;  // all are zero before the first step
  Buffer<double> d;
};

}  // namespace

void BoostedDescent::verify() const {
  require(boost_ >= 1 && std::isfinite(boost_), "boost", "a finite number >= 1", boost_);
}

std::unique_ptr<Direction::Memory> BoostedDescent::memory(const Objective& objective) const {
  return std::make_unique<Weights>(objective.model().size());
}

const double* BoostedDescent::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<Weights&>(*memory);
  const Index n = own.w.size();
  double *const w = own.w.data(), *const d = own.d.data();
  if (w[0] == 0) {
    double largest = 0;
    for (Index j = 0; j < n; ++j) largest = std::max(largest, std::abs(at.theta[j]));
    for (Index j = 0; j < n; ++j) w[j] = std::abs(at.theta[j]) < kSmall * largest ? boost_ : 1;
  }
  for (Index j = 0; j < n; ++j) d[j] = w[j] * at.evaluation.gradient.data()[j];
  return d;
}

}  // namespace ipgd
