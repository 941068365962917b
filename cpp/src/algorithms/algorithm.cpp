#include "ipgd/algorithms/algorithm.hpp"

namespace ipgd {

void Algorithm::verify() const {
  direction->verify();
  step.verify();
  perturbation.verify();
  stopping.verify(perturbation);
}

}  // namespace ipgd
