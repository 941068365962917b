// An algorithm = direction x step x perturbation x stopping.
#pragma once

#include <memory>

#include "ipgd/algorithms/direction.hpp"
#include "ipgd/algorithms/perturbation.hpp"
#include "ipgd/algorithms/step.hpp"
#include "ipgd/algorithms/stopping.hpp"

namespace ipgd {

struct Algorithm {
  std::shared_ptr<const Direction> direction = std::make_shared<SteepestDescent>();
  Step step;
  Perturbation perturbation;
  Stopping stopping;

  /// Throws InvalidArgument naming the first setting that makes no sense.
  void verify() const;
  /// Throws InvalidArgument when the model lacks what the algorithm needs.
  void check(const Parameterization& model) const { direction->check(model); }
};

}  // namespace ipgd
