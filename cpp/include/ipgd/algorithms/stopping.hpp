// When to stop, and what to say then: one of the five parts of an algorithm.
#pragma once

#include <optional>

#include "ipgd/algorithms/perturbation.hpp"
#include "ipgd/objective/objective.hpp"

namespace ipgd {

enum class Status {
  relative_loss,  // f <= tol * f(0)
  gradient_norm,  // ||grad f|| <= tol
  second_order,   // Algorithm 2 of Jin et al.: noise did not help
  stuck,          // the gradient is exactly zero
  singular,       // there is no direction
  max_iter,
  diverged,
  callback,
  interrupted,
};

const char* name(Status status) noexcept;
/// One sentence: what happened and what to do about it.
const char* advice(Status status) noexcept;
bool success(Status status) noexcept;

struct Stopping {
  Index max_iter = 10000;
  double relative_loss = 0;    // stop when f <= relative_loss * f(Theta = 0); 0: only at f = 0
  double gradient_norm = 0;    // stop when ||grad f|| <= gradient_norm; 0: off
  double escape_decrease = 0;  // f_thres: a kick that gains less within t_thres steps ends the run

  void verify(const Perturbation& perturbation) const;
  /// The reason to stop at iterate t, if there is one.
  std::optional<Status> test(Index t, const Objective& objective, const Evaluation& evaluation,
                             const Perturbation& perturbation) const noexcept;
};

}  // namespace ipgd
