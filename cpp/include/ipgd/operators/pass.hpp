// The kernels: one pass over the stored rows of A for a batch of packed x.
#pragma once

#include "ipgd/base/chunks.hpp"
#include "ipgd/operators/row_store.hpp"
#include "ipgd/operators/triangular_store.hpp"

namespace ipgd {

/// Packed vectors (K x stride, zero in the padding) and, per chunk, an accumulator and scratch.
template <class Sum>
struct PassBuffers {
  PassBuffers(Index batch, Index stride, Chunks chunks);

  Chunks chunks;
  Index batch, stride;
  Buffer<Sum> x;               // batch x stride
  Buffer<Sum> parts;           // chunks x batch x stride; the sum ends up in the first part
  Buffer<Pack<double>> lanes;  // chunks x rows of a tile x batch
  Buffer<Sum> weights;         // chunks x rows of a tile x batch
};

/// r_k[i] = <a_i, x_k>
template <class Store, class Sum>
void forward_pass(const Store& a, Index batch, double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution);

/// parts_k = sum_i r_k[i] a_i
template <class Store, class Sum>
void adjoint_pass(const Store& a, Index batch, const double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution);

/// r_k[i] = <a_i, x_k> - y_k[i] and parts_k = sum_i r_k[i] a_i: each a_i is read once, and used a
/// second time while it is in cache.
template <class Store, class Sum>
void residual_adjoint_pass(const Store& a, Index batch, const double* const* y, double* const* r,
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
