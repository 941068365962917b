#include "ipgd/operators/pass.hpp"

#include "ipgd/operators/kernels.hpp"

namespace ipgd {
namespace {

using kernels::for_blocks;

// A tile of rows is used twice (dot products, then g) before the pass moves on.
//
// One run: a row of g is loaded and stored once for all rows of the tile, and the second use finds
// them in the L2 cache: 8 rows where they fit a quarter of it, else 4 (float32, d = 100: 0.95 ms
// against 1.13; float64, d = 400: no difference).
//
// Several runs: 16 rows, in panels of 256 entries that stay in L1 while all runs meet them
// (float64, d = 100, 16 runs, two threads: 94 GFLOP/s against 47 for run after run). From 32 runs
// on, x and g no longer fit L2, and tiles of 64 rows go through them less often (64 runs: 136
// against 121).
constexpr Index kFewRows = 4, kManyRows = 8, kManyRowsBytes = Index{1} << 18;
constexpr Index kBatchRows = 16, kLargeBatch = 32, kLargeBatchRows = 64;
constexpr Index kPanel = 256;

Index tile_rows(Index batch, Index row_bytes) {
  if (batch == 1) return kManyRows * row_bytes <= kManyRowsBytes ? kManyRows : kFewRows;
  return batch < kLargeBatch ? kBatchRows : kLargeBatchRows;
}
Index max_tile_rows(Index batch) { return batch < kLargeBatch ? kBatchRows : kLargeBatchRows; }

template <class Sum>
Index panel_length(Index batch, Index stride) {
  if (std::is_same_v<Sum, float>) return kernels::kFloatPanel;
  return batch == 1 ? stride : kPanel;
}

// What one chunk works with.
template <class Sum>
struct Desk {
  Desk(PassBuffers<Sum>& buffers, Index batch_, Index c)
      : batch(batch_),
        stride(buffers.stride),
        panel(panel_length<Sum>(batch_, buffers.stride)),
        x(buffers.x.data()),
        g(buffers.parts.data() + c * batch_ * buffers.stride),
        lanes(buffers.lanes.data() + c * max_tile_rows(buffers.batch) * buffers.batch),
        weights(buffers.weights.data() + c * max_tile_rows(buffers.batch) * buffers.batch) {}

  Index batch, stride, panel;
  const Sum* x;         // batch x stride
  Sum* g;               // batch x stride
  Pack<double>* lanes;  // rows of the tile x batch
  Sum* weights;         // rows of the tile x batch

  // lanes[b][k] = lanes of <a_b, x_k>
  template <class Storage>
  void dots(const RowTile<Storage>& a) {
    std::fill_n(lanes, a.rows * batch, Pack<double>{});
    for (Index j = 0; j < a.length; j += panel) {
      const Index length = std::min(panel, a.length - j);
      if (batch == 1) {
        for_blocks<kManyRows>(a.rows, [&](auto block, Index b) {
          kernels::add_dots_of_one<block>(a.data + b * a.stride + j, a.stride, x + a.first + j,
                                          length, lanes + b, a.data + (a.rows + b) * a.stride + j);
        });
        continue;
      }
      for_blocks<kernels::kRuns>(batch, [&](auto runs, Index k) {
        for_blocks<kernels::kRows>(a.rows, [&](auto block, Index b) {
          kernels::add_dots<block, runs>(a.data + b * a.stride + j, a.stride,
                                         x + k * stride + a.first + j, stride, length,
                                         lanes + b * batch + k, batch);
        });
      });
    }
  }

  // g_k += sum_b weights[b][k] a_b
  template <class Storage>
  void add_rows(const RowTile<Storage>& a) {
    if (batch == 1) {
      for_blocks<kManyRows>(a.rows, [&](auto block, Index b) {
        kernels::add_rows_of_one<block>(a.data + b * a.stride, a.stride, weights + b, g + a.first,
                                        a.length, a.data + (a.rows + b) * a.stride);
      });
      return;
    }
    for_blocks<kernels::kPacks>(a.length / kLanes<Sum>, [&](auto packs, Index p) {
      const Index j = p * kLanes<Sum>;
      for_blocks<kernels::kRuns>(batch, [&](auto runs, Index k) {
        kernels::add_rows<packs, runs>(a.data + j, a.stride, a.rows, weights + k, batch,
                                       g + k * stride + a.first + j, stride);
      });
    });
  }
};

// f(desk, i, tile) over the tiles of every chunk, then the sum of the chunks' g if `sums`.
template <class Store, class Sum, class F>
void for_tiles(const Store& a, Index batch, PassBuffers<Sum>& buffers, const Execution& execution,
               bool sums, const F& f) {
  const Index at_most =
      tile_rows(batch, buffers.stride * static_cast<Index>(sizeof(typename Store::Number)));
  parallel_for(execution, buffers.chunks.count, [&](Index c) {
    Desk<Sum> desk(buffers, batch, c);
    if (sums) std::fill_n(desk.g, batch * buffers.stride, Sum{});
    const Index end = buffers.chunks.end(c);
    for (Index i = buffers.chunks.begin(c); i < end;) {
      const auto tile = a.tile(i, std::min(at_most, end - i));
      f(desk, i, tile);
      i += tile.rows;
    }
  });
  const Index n = batch * buffers.stride;
  if (sums) tree_sum(execution, buffers.parts.data(), buffers.chunks.count, n, n);
}

}  // namespace

template <class Sum>
PassBuffers<Sum>::PassBuffers(Index batch_, Index stride_, Chunks chunks_)
    : chunks(chunks_),
      batch(batch_),
      stride(stride_),
      x(Buffer<Sum>::zeros(checked_product({batch_, stride_}))),
      parts(checked_product({chunks_.count, batch_, stride_})),
      lanes(checked_product({chunks_.count, max_tile_rows(batch_), batch_})),
      weights(checked_product({chunks_.count, max_tile_rows(batch_), batch_})) {}

template <class Store, class Sum>
void forward_pass(const Store& a, Index batch, double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution) {
  for_tiles(a, batch, buffers, execution, false, [&](Desk<Sum>& desk, Index i, const auto& tile) {
    desk.dots(tile);
    for (Index b = 0; b < tile.rows; ++b)
      for (Index k = 0; k < batch; ++k)
        r[k][i + b] = a.scale(i + b) * sum(desk.lanes[b * batch + k]);
  });
}

template <class Store, class Sum>
void adjoint_pass(const Store& a, Index batch, const double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution) {
  for_tiles(a, batch, buffers, execution, true, [&](Desk<Sum>& desk, Index i, const auto& tile) {
    for (Index b = 0; b < tile.rows; ++b)
      for (Index k = 0; k < batch; ++k)
        desk.weights[b * batch + k] = static_cast<Sum>(a.scale(i + b) * r[k][i + b]);
    desk.add_rows(tile);
  });
}

template <class Store, class Sum>
void residual_adjoint_pass(const Store& a, Index batch, const double* const* y, double* const* r,
                           PassBuffers<Sum>& buffers, const Execution& execution) {
  for_tiles(a, batch, buffers, execution, true, [&](Desk<Sum>& desk, Index i, const auto& tile) {
    desk.dots(tile);
    for (Index b = 0; b < tile.rows; ++b) {
      const double scale = a.scale(i + b);
      for (Index k = 0; k < batch; ++k) {
        const double residual = scale * sum(desk.lanes[b * batch + k]) - y[k][i + b];
        r[k][i + b] = residual;
        desk.weights[b * batch + k] = static_cast<Sum>(scale * residual);
      }
    }
    desk.add_rows(tile);
  });
}

template struct PassBuffers<double>;
template struct PassBuffers<float>;

#define IPGD_INSTANTIATE(Store, Sum)                                                             \
  template void forward_pass(const Store&, Index, double* const*, PassBuffers<Sum>&,             \
                             const Execution&);                                                  \
  template void adjoint_pass(const Store&, Index, const double* const*, PassBuffers<Sum>&,       \
                             const Execution&);                                                  \
  template void residual_adjoint_pass(const Store&, Index, const double* const*, double* const*, \
                                      PassBuffers<Sum>&, const Execution&);
IPGD_FOR_STORES(IPGD_INSTANTIATE)
#undef IPGD_INSTANTIATE

}  // namespace ipgd
