// An algorithm = direction x step x perturbation x sampling x stopping.
#pragma once

#include <memory>

#include "ipgd/algorithms/direction.hpp"
#include "ipgd/algorithms/perturbation.hpp"
#include "ipgd/algorithms/sampling.hpp"
#include "ipgd/algorithms/step.hpp"
#include "ipgd/algorithms/stopping.hpp"

namespace ipgd {

struct Algorithm {
  std::shared_ptr<const Direction> direction = std::make_shared<SteepestDescent>();
  Sampling sampling;  // of the measurements that a step sees
  Step step;
  Perturbation perturbation;
  Stopping stopping;

  /// Throws InvalidArgument naming the first setting that makes no sense.
  void verify() const;
  /// Throws InvalidArgument when the model or the operator lacks what the algorithm needs.
  void check(const Parameterization& model, const Operator& op) const;
};

}  // namespace ipgd
