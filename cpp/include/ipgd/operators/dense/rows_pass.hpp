// A pass over some of the stored rows, one by one: what a step on a mini-batch needs.
#pragma once

#include "ipgd/operators/dense/pass.hpp"

namespace ipgd {

/// r[j] = <a_i, x> - y[i] for i = rows[j] and sum = sum_j w[j] a_i with the weights w of r, for one
/// run. The buffers have one chunk. On this thread; residuals have the bits of the full pass.
/// Throws Interrupted.
template <class Store, class Sum>
void residual_adjoint_rows(const Store& a, const Index* rows, Index count, const Residual& residual,
                           PassBuffers<Sum>& buffers, const Execution& execution);

}  // namespace ipgd
