#include "ipgd/algorithms/methods.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/algorithms/boosted_descent.hpp"
#include "ipgd/algorithms/normalized_descent.hpp"
#include "ipgd/algorithms/require.hpp"
#include "ipgd/algorithms/trace_correction.hpp"
#include "ipgd/algorithms/two_phases.hpp"

namespace ipgd {
namespace {

// A window is a number of iterations; more than 2^53 of them never pass.
Index iterations(double count) {
  return static_cast<Index>(std::clamp(std::ceil(count), 1.0, 0x1p53));
}

}  // namespace

void PgdInputs::verify() const {
  require_finite_positive("smoothness", smoothness);
  require_finite_positive("hessian_lipschitz", hessian_lipschitz);
  require_finite_positive("epsilon", epsilon);
  require(c > 0 && c <= 1, "c", "a number in (0, 1]", c);
  require_probability("failure_probability", failure_probability);
  require_finite_positive("function_gap", function_gap);
  require(dimension >= 1, "dimension", "at least 1", static_cast<double>(dimension));
}

PgdConstants pgd_constants(const PgdInputs& in) {
  in.verify();
  const double d = static_cast<double>(in.dimension);
  // chi = 3 max{ log(d l Df / (c eps^2 delta)), 4 }
  const double chi =
      3.0 * std::max(std::log(d * in.smoothness * in.function_gap /
                              (in.c * in.epsilon * in.epsilon * in.failure_probability)),
                     4.0);
  PgdConstants out;
  out.chi = chi;
  out.step_size = in.c / in.smoothness;
  out.radius = std::sqrt(in.c) * in.epsilon / (chi * chi * in.smoothness);
  out.gradient_threshold = std::sqrt(in.c) * in.epsilon / (chi * chi);
  out.decrease_threshold = in.c / (chi * chi * chi) *
                           std::sqrt(in.epsilon * in.epsilon * in.epsilon / in.hessian_lipschitz);
  out.window = iterations(chi * in.smoothness /
                          (in.c * in.c * std::sqrt(in.hessian_lipschitz * in.epsilon)));
  return out;
}

Index escape_window(double radius, double step_size, double epsilon, double hessian_lipschitz,
                    double failure_probability, Index dimension) {
  require_finite_positive("radius", radius);
  require_finite_positive("step_size", step_size);
  require_finite_positive("epsilon", epsilon);
  require_finite_positive("hessian_lipschitz", hessian_lipschitz);
  require_probability("failure_probability", failure_probability);
  const double growth = std::sqrt(epsilon / hessian_lipschitz) *
                        std::sqrt(static_cast<double>(dimension)) / (radius * failure_probability);
  return iterations(std::log(growth) / (step_size * std::sqrt(hessian_lipschitz * epsilon)));
}

Algorithm gradient_descent(double step_size) {
  Algorithm algorithm;
  algorithm.step.size = step_size;
  return algorithm;
}

Algorithm perturbed_gradient_descent(double step_size, double radius, double gradient_threshold,
                                     Index window, double decrease) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.perturbation.trigger = Trigger::near_stationary;
  algorithm.perturbation.radius = radius;
  algorithm.perturbation.gradient_threshold = gradient_threshold;
  algorithm.perturbation.window = window;
  algorithm.stopping.escape_decrease = decrease;
  return algorithm;
}

Algorithm ipgd_plus(double step_size, double radius) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.perturbation.trigger = Trigger::every_iteration;
  algorithm.perturbation.radius = radius;
  return algorithm;
}

Algorithm scaled_gradient_descent(double step_size, const Damping& damping) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.direction = std::make_shared<ScaledDescent>(damping);
  return algorithm;
}

Algorithm boosted_gradient_descent(double step_size, double boost) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.direction = std::make_shared<BoostedDescent>(boost);
  return algorithm;
}

Algorithm alternating_scaled_gradient_descent(double step_size) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.direction = std::make_shared<AlternatingScaledDescent>();
  return algorithm;
}

Algorithm normalized_gradient_descent(double step_size, double decay, double floor) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.direction = std::make_shared<NormalizedDescent>(decay, floor);
  return algorithm;
}

Algorithm truncated_gradient_descent(double step_size, double truncation) {
  Algorithm algorithm = gradient_descent(step_size);
  algorithm.direction = std::make_shared<TraceCorrectedDescent>();
  algorithm.sampling.truncation = truncation;
  return algorithm;
}

Algorithm on_mini_batches(Algorithm algorithm, Index batch_size, bool replacement) {
  algorithm.sampling.batch_size = batch_size;
  algorithm.sampling.replacement = replacement;
  return algorithm;
}

Algorithm with_momentum(Algorithm algorithm, double coefficient, Momentum kind) {
  algorithm.direction =
      std::make_shared<MomentumDescent>(std::move(algorithm.direction), coefficient, kind);
  return algorithm;
}

Algorithm with_adaptive_momentum(Algorithm algorithm) {
  algorithm.direction = std::make_shared<AdaptiveMomentum>(std::move(algorithm.direction));
  return algorithm;
}

Algorithm in_two_phases(const Algorithm& first, Algorithm second, double relative_loss,
                        double lift) {
  second.direction = std::make_shared<TwoPhases>(first.direction, std::move(second.direction),
                                                 relative_loss, lift);
  return second;
}

}  // namespace ipgd
