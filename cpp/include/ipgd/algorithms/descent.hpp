// The one loop.
#pragma once

#include "ipgd/algorithms/run.hpp"

namespace ipgd {

/// Takes runs to their ends. On `diverged` the result is the last iterate with a finite loss, on
/// `second_order` the iterate before the last perturbation, on `interrupted` the last one whose f
/// is known.
///
/// Runs of one operator share each pass over A; a run that has ended leaves the batch. Where a pass
/// is too small for threads to share it, they share the runs instead: in groups of up to 16, each
/// with its own passes, without a barrier. Each run has the bits that it has alone.
std::vector<Outcome> descend(const std::vector<RunInputs>& inputs, const Execution& execution);

}  // namespace ipgd
