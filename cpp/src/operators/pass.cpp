#include "ipgd/operators/pass.hpp"

namespace ipgd {
namespace {

// Rows handled together: x and g are loaded once for four rows, and four independent sums hide the
// latency of the multiply-add.
constexpr Index kRows = 4;

// s[b] = <a_b, x>, b < kBlock, rows `stride` apart. The order of summation of a row does not
// depend on kBlock.
template <Index kBlock, class Storage>
inline void dots(const Storage* a, Index stride, const double* x, double* s) {
  Pack sums[kBlock] = {};
  for (Index j = 0; j < stride; j += kLanes) {
    const Pack xj = load(x + j);
    for (Index b = 0; b < kBlock; ++b) sums[b] += load(a + b * stride + j) * xj;
  }
  for (Index b = 0; b < kBlock; ++b) s[b] = sum(sums[b]);
}

// g += sum_b r[b] a_b
template <Index kBlock, class Storage>
inline void add_rows(const Storage* a, Index stride, const double* r, double* g) {
  for (Index j = 0; j < stride; j += kLanes) {
    Pack gj = load(g + j);
    for (Index b = 0; b < kBlock; ++b) gj += load(a + b * stride + j) * r[b];
    store(g + j, gj);
  }
}

// f(std::integral_constant<Index, n>, i): rows i, i + 1, ..., i + n - 1, in blocks of kRows, then
// singly.
template <class F>
inline void for_row_blocks(Index begin, Index end, const F& f) {
  Index i = begin;
  for (; i + kRows <= end; i += kRows) f(std::integral_constant<Index, kRows>{}, i);
  for (; i < end; ++i) f(std::integral_constant<Index, 1>{}, i);
}

// The accumulators of chunk c, cleared.
double* clear_part(PassBuffers& buffers, Index batch, Index c) noexcept {
  double* g = buffers.parts.data() + c * batch * buffers.stride;
  std::fill_n(g, batch * buffers.stride, 0.0);
  return g;
}

void add_parts(PassBuffers& buffers, Index batch, const Execution& execution) {
  const Index n = batch * buffers.stride;
  tree_sum(execution, buffers.parts.data(), buffers.chunks.count, n, n);
}

}  // namespace

PassBuffers::PassBuffers(Index batch, Index stride_, Chunks chunks_)
    : chunks(chunks_),
      stride(stride_),
      x(Buffer<double>::zeros(checked_product({batch, stride_}))),
      parts(checked_product({chunks_.count, batch, stride_})) {}

template <class Storage>
void forward_pass(const RowStore<Storage>& a, Index batch, double* const* out, PassBuffers& buffers,
                  const Execution& execution) {
  parallel_for(execution, buffers.chunks.count, [&](Index c) noexcept {
    for_row_blocks(buffers.chunks.begin(c), buffers.chunks.end(c), [&](auto block, Index i) {
      for (Index k = 0; k < batch; ++k)
        dots<block>(a.row(i), a.stride(), buffers.x.data() + k * buffers.stride, out[k] + i);
    });
  });
}

template <class Storage>
void adjoint_pass(const RowStore<Storage>& a, Index batch, const double* const* r,
                  PassBuffers& buffers, const Execution& execution) {
  parallel_for(execution, buffers.chunks.count, [&](Index c) noexcept {
    double* g = clear_part(buffers, batch, c);
    for_row_blocks(buffers.chunks.begin(c), buffers.chunks.end(c), [&](auto block, Index i) {
      for (Index k = 0; k < batch; ++k)
        add_rows<block>(a.row(i), a.stride(), r[k] + i, g + k * buffers.stride);
    });
  });
  add_parts(buffers, batch, execution);
}

template <class Storage>
void residual_adjoint_pass(const RowStore<Storage>& a, Index batch, const double* const* y,
                           double* const* r, PassBuffers& buffers, const Execution& execution) {
  parallel_for(execution, buffers.chunks.count, [&](Index c) noexcept {
    double* g = clear_part(buffers, batch, c);
    for_row_blocks(buffers.chunks.begin(c), buffers.chunks.end(c), [&](auto block, Index i) {
      for (Index k = 0; k < batch; ++k) {
        dots<block>(a.row(i), a.stride(), buffers.x.data() + k * buffers.stride, r[k] + i);
        for (Index b = 0; b < block; ++b) r[k][i + b] -= y[k][i + b];
        add_rows<block>(a.row(i), a.stride(), r[k] + i, g + k * buffers.stride);
      }
    });
  });
  add_parts(buffers, batch, execution);
}

template void forward_pass(const RowStore<double>&, Index, double* const*, PassBuffers&,
                           const Execution&);
template void forward_pass(const RowStore<float>&, Index, double* const*, PassBuffers&,
                           const Execution&);
template void adjoint_pass(const RowStore<double>&, Index, const double* const*, PassBuffers&,
                           const Execution&);
template void adjoint_pass(const RowStore<float>&, Index, const double* const*, PassBuffers&,
                           const Execution&);
template void residual_adjoint_pass(const RowStore<double>&, Index, const double* const*,
                                    double* const*, PassBuffers&, const Execution&);
template void residual_adjoint_pass(const RowStore<float>&, Index, const double* const*,
                                    double* const*, PassBuffers&, const Execution&);

}  // namespace ipgd
