#include "ipgd/algorithms/perturbation.hpp"

#include <cmath>

#include "ipgd/algorithms/require.hpp"
#include "ipgd/base/normal.hpp"

namespace ipgd {

void Perturbation::verify() const {
  require(turn_every >= 0, "turn_columns", "a number of iterations >= 0",
          static_cast<double>(turn_every));
  if (trigger == Trigger::never) return;
  require_finite_positive("radius", radius);
  if (trigger != Trigger::near_stationary) return;
  require_finite_nonnegative("gradient_threshold", gradient_threshold);
  require(window >= 1, "window", "at least 1 iteration", static_cast<double>(window));
}

void add_noise(const Perturbation& perturbation, Index t, double* x, Index n, float* z) {
  const auto iteration = static_cast<std::uint64_t>(t);
  fill_normal(perturbation.key, iteration, 0, n, z);
  double scale = perturbation.radius;
  if (perturbation.noise == Noise::uniform_ball) {
    double squared = 0;  // of floats, so exact to rounding in any order; this order is fixed
    for (Index j = 0; j < n; ++j) squared += static_cast<double>(z[j]) * static_cast<double>(z[j]);
    if (squared == 0) return;
    const double u = uniform01(perturbation.key, iteration);
    scale *= std::pow(u, 1.0 / static_cast<double>(n)) / std::sqrt(squared);
  } else {
    scale /= std::sqrt(static_cast<double>(n));
  }
  for (Index j = 0; j < n; ++j) x[j] += scale * static_cast<double>(z[j]);
}

}  // namespace ipgd
