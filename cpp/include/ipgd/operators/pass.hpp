// The kernels: one pass over the stored rows of A for a batch of packed x.
#pragma once

#include "ipgd/base/chunks.hpp"
#include "ipgd/operators/row_store.hpp"

namespace ipgd {

/// Rows of A that a batch of runs uses together.
inline constexpr Index kTileRows = 16;

/// Packed vectors (K x stride, zero in the padding) and, per chunk, an accumulator and scratch.
struct PassBuffers {
  PassBuffers(Index batch, Index stride, Chunks chunks);

  Chunks chunks;
  Index batch, stride;
  Buffer<double> x;          // batch x stride
  Buffer<double> parts;      // chunks x batch x stride; the sum ends up in the first part
  Buffer<Pack> lanes;        // chunks x kTileRows x batch
  Buffer<double> residuals;  // chunks x kTileRows x batch
};

/// out_k[i] = <a_i, x_k>
template <class Storage>
void forward_pass(const RowStore<Storage>& a, Index batch, double* const* out, PassBuffers& buffers,
                  const Execution& execution);

/// parts_k = sum_i r_k[i] a_i
template <class Storage>
void adjoint_pass(const RowStore<Storage>& a, Index batch, const double* const* r,
                  PassBuffers& buffers, const Execution& execution);

/// r_k[i] = <a_i, x_k> - y_k[i] and parts_k = sum_i r_k[i] a_i: each a_i is read once, and used a
/// second time while it is in cache.
template <class Storage>
void residual_adjoint_pass(const RowStore<Storage>& a, Index batch, const double* const* y,
                           double* const* r, PassBuffers& buffers, const Execution& execution);

extern template void forward_pass(const RowStore<double>&, Index, double* const*, PassBuffers&,
                                  const Execution&);
extern template void forward_pass(const RowStore<float>&, Index, double* const*, PassBuffers&,
                                  const Execution&);
extern template void adjoint_pass(const RowStore<double>&, Index, const double* const*,
                                  PassBuffers&, const Execution&);
extern template void adjoint_pass(const RowStore<float>&, Index, const double* const*, PassBuffers&,
                                  const Execution&);
extern template void residual_adjoint_pass(const RowStore<double>&, Index, const double* const*,
                                           double* const*, PassBuffers&, const Execution&);
extern template void residual_adjoint_pass(const RowStore<float>&, Index, const double* const*,
                                           double* const*, PassBuffers&, const Execution&);

}  // namespace ipgd
