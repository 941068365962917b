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

}  // namespace ipgd
