#include "ipgd/algorithms/stopping.hpp"

#include <cmath>

#include "ipgd/algorithms/require.hpp"

namespace ipgd {

const char* name(Status status) noexcept {
  switch (status) {
    case Status::relative_loss: return "relative_loss";
    case Status::gradient_norm: return "gradient_norm";
    case Status::second_order: return "second_order";
    case Status::stuck: return "stuck";
    case Status::singular: return "singular";
    case Status::max_iter: return "max_iter";
    case Status::diverged: return "diverged";
    case Status::callback: return "callback";
    case Status::interrupted: return "interrupted";
  }
  return "";
}

const char* advice(Status status) noexcept {
  switch (status) {
    case Status::relative_loss:
      return "The loss fell to relative_loss times its value at Theta = 0.";
    case Status::gradient_norm:
      return "The gradient norm fell to gradient_norm. If the loss is still large, this is a "
             "saddle: use IPGD.";
    case Status::second_order:
      return "The last perturbation did not lower the loss, so the point before it is "
             "approximately second-order stationary. Compare train_error with the noise level.";
    case Status::stuck:
      return "The gradient is exactly zero, so the iterate cannot move. Start from a small "
             "non-zero init, or use IPGD.";
    case Status::singular:
      return "A factor's Gram matrix is singular to working precision, so there is no scaled step. "
             "Use damping > 0 or damping='loss', a smaller search rank, or a spectral init.";
    case Status::max_iter:
      return "max_iter iterations were done before a stopping rule held. Raise max_iter, or loosen "
             "relative_loss; with relative noise s, to s**2. If the loss stays large, the step or "
             "the init may be too small, or the search rank too low to fit y.";
    case Status::diverged:
      return "The loss became infinite or NaN. Use a smaller step size. The last finite iterate is "
             "returned.";
    case Status::callback: return "The callback asked to stop.";
    case Status::interrupted:
      return "The run was interrupted. The last complete iterate is returned.";
  }
  return "";
}

bool success(Status status) noexcept {
  return status == Status::relative_loss || status == Status::gradient_norm ||
         status == Status::second_order;
}

void Stopping::verify(const Perturbation& perturbation) const {
  require(max_iter >= 0, "max_iter", "a number of iterations >= 0", static_cast<double>(max_iter));
  require_finite_nonnegative("relative_loss", relative_loss);
  require_finite_nonnegative("gradient_norm", gradient_norm);
  require_finite_nonnegative("escape_decrease", escape_decrease);
  if (gradient_norm > 0 && perturbation.trigger != Trigger::never)
    throw InvalidArgument(
        "gradient_norm",
        "0 for a perturbed method, which must pass the saddles where the gradient "
        "vanishes (use relative_loss or max_iter)",
        text(gradient_norm));
}

std::optional<Status> Stopping::test(Index t, const Objective& objective,
                                     const Evaluation& evaluation,
                                     const Perturbation& perturbation) const noexcept {
  if (objective.reached(evaluation, relative_loss)) return Status::relative_loss;
  if (perturbation.trigger == Trigger::never) {
    if (evaluation.gradient_norm <= gradient_norm)
      return gradient_norm > 0 ? Status::gradient_norm : Status::stuck;
  }
  if (t >= max_iter) return Status::max_iter;
  return std::nullopt;
}

}  // namespace ipgd
