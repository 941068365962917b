// The one loop.
#pragma once

#include "ipgd/algorithms/run.hpp"

namespace ipgd {

/// Runs an algorithm to its end. On `diverged` the result is the last iterate with a finite loss;
/// on `second_order` the point before the last perturbation; on `interrupted` the last complete
/// iterate.
Outcome descend(const RunInputs& inputs, const Execution& execution);

/// The same for several runs of one operator, which share each pass over A. A run that has ended
/// leaves the batch; each has the bits that it has alone.
std::vector<Outcome> descend_batch(const std::vector<RunInputs>& inputs,
                                   const Execution& execution);

}  // namespace ipgd
