// The one loop.
#pragma once

#include "ipgd/algorithms/run.hpp"

namespace ipgd {

/// Runs an algorithm to its end. On `diverged` the result is the last iterate with a finite loss;
/// on `second_order` the point before the last perturbation; on `interrupted` the last complete
/// iterate.
Outcome descend(const RunInputs& inputs, const Execution& execution);

/// The same for several runs. Those of one operator share each pass over A; a run that has ended
/// leaves the batch. Where a pass is too small to share among threads, runs are: in groups of up to
/// 16, each with its own passes, without any barrier. Each run has the bits that it has alone.
std::vector<Outcome> descend_batch(const std::vector<RunInputs>& inputs,
                                   const Execution& execution);

}  // namespace ipgd
