// The named methods of the papers, as compositions.
#pragma once

#include "ipgd/algorithms/algorithm.hpp"
#include "ipgd/algorithms/momentum.hpp"
#include "ipgd/algorithms/scaled_descent.hpp"

namespace ipgd {

/// Inputs of Jin, Ge, Netrapalli, Kakade, Jordan (2017), Algorithm 2.
struct PgdInputs {
  double smoothness = 0;           // l: ||grad f(x) - grad f(y)|| <= l ||x - y||
  double hessian_lipschitz = 0;    // rho
  double epsilon = 0;              // accuracy of the second-order point
  double c = 1;                    // the algorithm's constant, c <= 1
  double failure_probability = 0;  // delta
  double function_gap = 0;         // Df >= f(x_0) - inf f
  Index dimension = 0;             // d: the number of parameters

  void verify() const;
};

/// What Algorithm 2 computes from them.
struct PgdConstants {
  double chi, step_size, radius, gradient_threshold, decrease_threshold;
  Index window;  // t_thres, rounded up
};
PgdConstants pgd_constants(const PgdInputs& inputs);

/// IPGD's escape window (our reading of Ma, Liang, Fattahi 2025):
/// t_thres = ceil( log( sqrt(eps/rho) sqrt(dim) / (gamma delta) ) / (eta sqrt(rho eps)) ).
Index escape_window(double radius, double step_size, double epsilon, double hessian_lipschitz,
                    double failure_probability, Index dimension);

/// x <- x - eta g
Algorithm gradient_descent(double step_size);
/// Perturbs with `radius` when ||g|| <= gradient_threshold and the last kick is more than `window`
/// iterations old; ends when a kick gained less than `decrease` within the window. PGD and IPGD
/// differ in these numbers only.
Algorithm perturbed_gradient_descent(double step_size, double radius, double gradient_threshold,
                                     Index window, double decrease);
/// x <- x - eta g + xi: gradient descent with inherent round-off (IPGD+)
Algorithm ipgd_plus(double step_size, double radius);

/// x <- x - eta (M(x) + lambda I)^{-1} g: ScaledGD, ScaledGD(lambda), PrecGD
Algorithm scaled_gradient_descent(double step_size, const Damping& damping);
/// x_j <- x_j - boost eta g_j where x_j is small at the first step, x_j - eta g_j elsewhere
Algorithm boosted_gradient_descent(double step_size, double boost);
/// One factor after the other, with pseudo-inverses: AltScaledGD
Algorithm alternating_scaled_gradient_descent(double step_size);
/// Steps of nearly the same length, by one scalar second moment
Algorithm normalized_gradient_descent(double step_size, double decay, double floor);
/// Algorithm 1 of Li, Ma, Zhang (2018) for quadratic networks: trace-corrected, and without the
/// measurements above `truncation`
Algorithm truncated_gradient_descent(double step_size, double truncation);
/// `algorithm` on mini-batches: SGD from gradient descent
Algorithm on_mini_batches(Algorithm algorithm, Index batch_size, bool replacement);
/// `algorithm` with momentum on its direction
Algorithm with_momentum(Algorithm algorithm, double coefficient, Momentum kind);
/// `algorithm` with Nesterov momentum whose coefficient grows while steps go downhill
Algorithm with_adaptive_momentum(Algorithm algorithm);
/// The direction of `first` until f <= relative_loss * f(Theta = 0); all else is that of `second`,
/// which starts `lift` units further
Algorithm in_two_phases(const Algorithm& first, Algorithm second, double relative_loss,
                        double lift = 0);

}  // namespace ipgd
