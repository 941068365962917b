#include "ipgd/algorithms/algorithm.hpp"

#include "ipgd/base/error.hpp"

namespace ipgd {

void Algorithm::verify() const {
  direction->verify();
  sampling.verify();
  step.verify();
  perturbation.verify();
  stopping.verify(perturbation);
  if (sampling.partial() && perturbation.trigger == Trigger::near_stationary)
    throw InvalidArgument("algorithm",
                          "steps on all measurements, for kicks that depend on their gradient",
                          "mini-batches or a truncated gradient");
}

void Algorithm::check(const Parameterization& model, const Operator& op) const {
  direction->check(model);
  sampling.check(op);
  if (perturbation.turn_every > 0 && model.columns() == 0)
    throw InvalidArgument("turn_columns", "SymmetricFactor or AsymmetricFactor, or None",
                          model.name());
}

}  // namespace ipgd
