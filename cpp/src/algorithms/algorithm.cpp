#include "ipgd/algorithms/algorithm.hpp"

namespace ipgd {

void Algorithm::verify() const {
  step.verify();
  perturbation.verify();
  stopping.verify(perturbation);
}

}  // namespace ipgd
