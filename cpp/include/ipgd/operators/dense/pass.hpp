// The kernels: one pass over the stored rows of A for a batch of packed x.
#pragma once

#include <vector>

#include "ipgd/base/chunks.hpp"
#include "ipgd/base/tree_sum.hpp"
#include "ipgd/operators/dense/row_store.hpp"
#include "ipgd/operators/dense/triangular_store.hpp"
#include "ipgd/operators/residual.hpp"

namespace ipgd {

/// The units of a run's numbers, powers of two. With them float32 sums neither overflow nor
/// underflow, whatever the units of the data, and have the bits that they would have without.
struct Units {
  double x = 1;      // <a_i, x_k> = x <a_i, stored x_k>
  double r = 1;      // weights are those of r_k / r
  double entry = 1;  // and of a_i / entry
};

/// Packed vectors (K x stride, zero in the padding before a pass) and the accumulators of the
/// chunks.
template <class Sum>
struct PassBuffers {
  PassBuffers(Index batch, Index stride, Chunks chunks);

  /// sum_k / (units.r units.entry), after an adjoint or residual_adjoint pass.
  const Sum* result(Index k) const noexcept { return results + k * stride; }

  Chunks chunks;
  Index batch, stride;
  Buffer<Sum> x;             // batch x stride; a pass for several runs leaves its sums here
  Buffer<Sum> columns;       // x side by side (columns.hpp), for several runs
  std::vector<Units> units;  // batch
  TreeSum<Sum> sum;          // batch x stride, side by side, too
  const Sum* results = nullptr;
};

/// r_k[i] = <a_i, x_k>
template <class Store, class Sum>
void forward_pass(const Store& a, Index batch, double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution);

/// sum_k = sum_i r_k[i] a_i
template <class Store, class Sum>
void adjoint_pass(const Store& a, Index batch, const double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution);

/// r_k[i] = <a_i, x_k> - y_k[i] and sum_k = sum_i w_k[i] a_i with the weights w_k of r_k: each a_i
/// is read once, and used a second time while it is in cache. Totals are left alone.
template <class Store, class Sum>
void residual_adjoint_pass(const Store& a, Index batch, const Residual* residuals,
                           PassBuffers<Sum>& buffers, const Execution& execution);

/// The pairs of storage and sums that are compiled.
#define IPGD_FOR_STORES(X)         \
  X(RowStore<double>, double)      \
  X(RowStore<float>, double)       \
  X(RowStore<float>, float)        \
  X(RowStore<BFloat16>, double)    \
  X(RowStore<BFloat16>, float)     \
  X(RowStore<std::int8_t>, double) \
  X(RowStore<std::int8_t>, float)  \
  X(TriangularStore, double)

}  // namespace ipgd
