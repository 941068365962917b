#include "ipgd/algorithms/step.hpp"

#include "ipgd/algorithms/require.hpp"

namespace ipgd {

void Step::verify() const { require_finite_positive("step_size", size); }

}  // namespace ipgd
