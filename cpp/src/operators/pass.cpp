#include "ipgd/operators/pass.hpp"

#include "ipgd/operators/kernels.hpp"

namespace ipgd {
namespace {

using kernels::for_blocks;

// A tile of rows is used twice (dot products, then g) before the pass moves on.
//
// One run: a row of g is loaded and stored once for all rows of the tile, and x loaded once, which
// is worth more than finding the rows in L2 the second time: 8 rows as long as they fit 2.5 MB,
// else 4 (float32, d = 200 and 400: 9.4 and 78 ms against 11.3 and 90; float64, d = 400, where they
// do not fit: 149 against 133). Making the dot products of the next tile in the loop that adds this
// one's rows takes a third longer: the processor loses track of so many streams.
//
// Several runs: 16 rows, in panels of 256 entries that stay in L1 while all runs meet them
// (float64, d = 100, 16 runs, two threads: 94 GFLOP/s against 47 for run after run). From 32 runs
// on, x and g no longer fit L2, and tiles of 64 rows go through them less often (64 runs: 136
// against 121).
constexpr Index kFewRows = 4, kManyRows = 8, kManyRowsBytes = 5 * (Index{1} << 19);
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

// What one chunk works with: an accumulator and, behind it, scratch for a tile.
template <class Sum>
struct Desk {
  static constexpr Index kPerPack = static_cast<Index>(sizeof(Pack<double>) / sizeof(Sum));
  /// Numbers of scratch.
  static Index scratch(Index batch) {
    return checked_product({max_tile_rows(batch), batch, kPerPack + 1});
  }

  Desk(PassBuffers<Sum>& buffers, Index batch_, Sum* part)
      : fetches(buffers.chunks.count > 1),
        batch(batch_),
        stride(buffers.stride),
        panel(panel_length<Sum>(batch_, buffers.stride)),
        x(buffers.x.data()),
        g(part),
        lanes(reinterpret_cast<Pack<double>*>(part + buffers.batch * buffers.stride)),
        weights(reinterpret_cast<Sum*>(lanes + max_tile_rows(buffers.batch) * buffers.batch)) {}

  bool fetches;  // not where A stays in cache: d = 20, R of m = 400, 5.4 us a step against 5.7
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
          const Storage* const data = a.data + b * a.stride + j;
          const auto add = fetches ? kernels::add_dots_of_one<block, true, Sum, Storage>
                                   : kernels::add_dots_of_one<block, false, Sum, Storage>;
          add(data, a.stride, x + a.first + j, length, lanes + b, data + a.rows * a.stride);
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
        const Storage* const data = a.data + b * a.stride;
        const auto add = fetches ? kernels::add_rows_of_one<block, true, Sum, Storage>
                                 : kernels::add_rows_of_one<block, false, Sum, Storage>;
        add(data, a.stride, weights + b, g + a.first, a.length, data + a.rows * a.stride);
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

std::size_t at(Index k) { return static_cast<std::size_t>(k); }

template <class Sum>
Sum weight(double scale, double r, const Units& units) {
  if constexpr (std::is_same_v<Sum, double>) return scale * r;
  return static_cast<Sum>((scale / units.entry) * (r / units.r));
}

// f(desk, i, tile) over the tiles of every chunk, and the sum of the chunks' g if there is any.
template <class Store, class Sum, class F>
void for_tiles(const Store& a, Index batch, PassBuffers<Sum>& buffers, const Execution& execution,
               bool sums, const F& f) {
  buffers.sum.begin(sums ? batch * buffers.stride : 0);
  const Index at_most =
      tile_rows(batch, buffers.stride * static_cast<Index>(sizeof(typename Store::Number)));
  parallel_for(execution, buffers.chunks.count, [&](Index c) {
    Desk<Sum> desk(buffers, batch, buffers.sum.open());
    const Index end = buffers.chunks.end(c);
    for (Index i = buffers.chunks.begin(c); i < end;) {
      const auto tile = a.tile(i, std::min(at_most, end - i));
      f(desk, i, tile);
      i += tile.rows;
    }
    buffers.sum.close(c, desk.g);
  });
}

}  // namespace

template <class Sum>
PassBuffers<Sum>::PassBuffers(Index batch_, Index stride_, Chunks chunks_)
    : chunks(chunks_),
      batch(batch_),
      stride(stride_),
      x(Buffer<Sum>::zeros(checked_product({batch_, stride_}))),
      units(static_cast<std::size_t>(batch_)),
      sum(chunks_.count, checked_product({batch_, stride_}), Desk<Sum>::scratch(batch_)) {}

template <class Store, class Sum>
void forward_pass(const Store& a, Index batch, double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution) {
  for_tiles(a, batch, buffers, execution, false, [&](Desk<Sum>& desk, Index i, const auto& tile) {
    desk.dots(tile);
    for (Index b = 0; b < tile.rows; ++b)
      for (Index k = 0; k < batch; ++k)
        r[k][i + b] = a.scale(i + b) * (buffers.units[at(k)].x * sum(desk.lanes[b * batch + k]));
  });
}

template <class Store, class Sum>
void adjoint_pass(const Store& a, Index batch, const double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution) {
  for_tiles(a, batch, buffers, execution, true, [&](Desk<Sum>& desk, Index i, const auto& tile) {
    for (Index b = 0; b < tile.rows; ++b)
      for (Index k = 0; k < batch; ++k)
        desk.weights[b * batch + k] =
            weight<Sum>(a.scale(i + b), r[k][i + b], buffers.units[at(k)]);
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
        const Units& units = buffers.units[at(k)];
        const double residual = scale * (units.x * sum(desk.lanes[b * batch + k])) - y[k][i + b];
        r[k][i + b] = residual;
        desk.weights[b * batch + k] = weight<Sum>(scale, residual, units);
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
