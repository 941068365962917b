// When, how far and by which law to perturb: one of the five parts of an algorithm.
#pragma once

#include <cstdint>

#include "ipgd/base/types.hpp"

namespace ipgd {

enum class Noise { uniform_ball, gaussian };
enum class Trigger { never, near_stationary, every_iteration };

struct Perturbation {
  Trigger trigger = Trigger::never;
  Noise noise = Noise::uniform_ball;
  double radius = 0;              // gamma
  double gradient_threshold = 0;  // g_thres: near stationary means ||grad f|| <= g_thres
  Index window = 0;               // t_thres: iterations without noise after a perturbation
  Index turn_every = 0;           // iterations between turns of the columns; 0: none
  std::uint64_t key = 0;          // with the iteration number it addresses the noise

  void verify() const;
  /// Is x_t to be perturbed before its step? `last` is the iteration of the last perturbation.
  bool due(Index t, Index last, double gradient_norm) const noexcept {
    return trigger == Trigger::near_stationary && gradient_norm <= gradient_threshold &&
           t - last > window;
  }
};

/// x += xi_t, n numbers. uniform_ball: xi = radius u^(1/n) z/||z||, u ~ U(0,1), z ~ N(0, I), which
/// is uniform in the Euclidean ball; gaussian: xi = radius z / sqrt(n), so that E||xi||^2 =
/// radius^2. xi_t is a function of (key, t) alone. `z` is scratch for n floats.
void add_noise(const Perturbation& perturbation, Index t, double* x, Index n, float* z);

}  // namespace ipgd
