// The bodies of pass.hpp. They are a quarter of the build, so each storage type has a file that
// instantiates them. (Figures in this file: AMD Zen 4 with AVX-512, November 2026.)
#pragma once

#include <algorithm>

#include "ipgd/operators/dense/columns.hpp"
#include "ipgd/operators/dense/pass.hpp"

namespace ipgd {
namespace {

using kernels::for_blocks;

// A tile of rows is used twice before the pass moves on: for the dot products, then for g.
//
// One run. A tile loads x once, and loads and stores g once, however many rows it has. That is
// worth more than finding the rows in L2 the second time. So a tile has 8 rows as long as they
// fit 2.5 MB, else 4. float32, d = 200 and 400: 9.4 and 78 ms a pass with 8 rows, 11.3 and 90
// with 4. float64, d = 400, where 8 rows do not fit: 149 with 8, 133 with 4. One loop for the rows
// of this tile and the dot products of the next takes a third longer: it has too many streams.
//
// Several runs. x and g go through the caches once a tile. So a tile has 64 rows as long as they
// fit 2.5 MB, and at least 16. It is worked on in panels of 32 packs, which stay in L1 while all
// runs meet them. float64, 16 runs, two threads: d = 100, 95 GFLOP/s with 64 rows and 90 with 16;
// d = 200, 81 and 89; dgemm 100.
constexpr Index kTileBytes = 5 * (Index{1} << 19);
constexpr Index kFewRows = 4, kManyRows = 8;
constexpr Index kBatchRows = 16, kManyBatchRows = 64;
template <class Sum>
constexpr Index kPanel = 32 * kLanes<Sum>;
static_assert(kPanel<float> == kernels::kFloatPanel);

Index tile_rows(Index batch, Index row_bytes) {
  if (batch == 1) return kManyRows * row_bytes <= kTileBytes ? kManyRows : kFewRows;
  return std::clamp(round_up(kTileBytes / row_bytes, kBatchRows), kBatchRows, kManyBatchRows);
}

// The most rows that a tile may have.
constexpr Index most_rows(Index batch) { return batch == 1 ? kManyRows : kManyBatchRows; }

template <class Sum>
Index panel_length(Index batch, Index stride) {
  return batch == 1 && std::is_same_v<Sum, double> ? stride : kPanel<Sum>;
}

// The memory of one chunk: an accumulator and, behind it, scratch for a tile.
template <class Sum>
struct ChunkWork {
  static constexpr Index kPerPack = static_cast<Index>(sizeof(Pack<double>) / sizeof(Sum));
  /// How many numbers the scratch has.
  static Index scratch(Index batch) {
    return checked_product({most_rows(batch), batch, kPerPack + 1});
  }

  ChunkWork(PassBuffers<Sum>& buffers, Index batch_, Sum* part)
      : fetches(buffers.chunks.count > 1),
        batch(batch_),
        columns{batch_, buffers.stride},
        panel(panel_length<Sum>(batch_, buffers.stride)),
        x(batch_ == 1 ? buffers.x.data() : buffers.columns.data()),
        g(part),
        lanes(reinterpret_cast<Pack<double>*>(part + buffers.batch * buffers.stride)),
        weights(reinterpret_cast<Sum*>(lanes + most_rows(buffers.batch) * buffers.batch)) {}

  bool fresh = false;  // nothing was written to g yet
  bool fetches;  // not where A stays in cache: d = 20, R of m = 400, 5.4 us a step, 5.7 with it
  Index batch;
  Columns columns;
  Index panel;
  const Sum* x;         // batch x stride, side by side
  Sum* g;               // batch x stride, side by side
  Pack<double>* lanes;  // rows of the tile x batch
  Sum* weights;         // rows of the tile x batch

  // lanes[b][k] = lanes of <a_b, x_k>
  template <class Storage>
  void dots(const RowTile<Storage>& a) {
    if (batch == 1) std::fill_n(lanes, a.rows, Pack<double>{});
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
        const Sum* const block = x + columns.at<Sum>(k, (a.first + j) / kLanes<Sum>);
        for_blocks<kernels::kRows>(a.rows, [&](auto rows, Index b) {
          const auto add = fetches && k == 0 ? kernels::add_dots<rows, runs, true, Sum, Storage>
                                             : kernels::add_dots<rows, runs, false, Sum, Storage>;
          add(a.data + b * a.stride + j, a.stride, block, length,
              lanes + place(k, a.rows) + b * runs, runs, j == 0, panel);
        });
      });
    }
  }

  // Where lanes and weights of row 0 and run k are; each row after it is width(k) further. What a
  // register block uses then lies together: 33 ms a pass, 37 with rows of 64 numbers (64 runs).
  Index place(Index k, Index rows) const noexcept {
    const Index in_block = k % kernels::kRuns;
    return (k - in_block) * rows + in_block;
  }

  // Calls f(b, k, sum of lanes[b][k], place of weights[b][k]) for all rows b and runs k.
  template <class F>
  void for_sums(Index rows, const F& f) const {
    constexpr Index kEight = 8;
    for (Index k = 0; k < batch; ++k) {
      const Index width = columns.width(k);
      Index b = 0, p = place(k, rows);
      for (; b + kEight <= rows; b += kEight) {
        const Pack<double> sums = sums_of_eight(lanes + p, width);
        for (Index i = 0; i < kEight; ++i, p += width) f(b + i, k, sums[i], p);
      }
      for (; b < rows; ++b, p += width) f(b, k, sum(lanes[p]), p);
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
        const auto add = fetches && k == 0 ? kernels::add_rows<packs, runs, true, Sum, Storage>
                                           : kernels::add_rows<packs, runs, false, Sum, Storage>;
        add(a.data + j, a.stride, a.rows, weights + place(k, a.rows), runs,
            g + columns.at<Sum>(k, a.first / kLanes<Sum> + p), fresh);
      });
    });
    fresh = false;
  }
};

template <class Sum>
Sum weight(double scale, double r, const Units& units) {
  if constexpr (std::is_same_v<Sum, double>) return scale * r;
  return static_cast<Sum>((scale / units.entry) * (r / units.r));
}

// Calls f(columns, k) for every run, if there are several.
template <class Sum, class F>
void for_columns(Index batch, const PassBuffers<Sum>& buffers, const Execution& execution,
                 const F& f) {
  const Columns columns{batch, buffers.stride};
  if (batch > 1)  // not interrupted: it is short
    parallel_for({execution.n_threads, nullptr}, batch, [&](Index k) { f(columns, k); });
}
template <class Sum>
void lay_out(Index batch, PassBuffers<Sum>& buffers, const Execution& execution) {
  for_columns(batch, buffers, execution, [&](const Columns& columns, Index k) {
    columns.put(k, buffers.x.data() + k * buffers.stride, buffers.columns.data());
  });
}
template <class Sum>
void collect_results(Index batch, PassBuffers<Sum>& buffers, const Execution& execution) {
  for_columns(batch, buffers, execution, [&](const Columns& columns, Index k) {
    columns.get(k, buffers.sum.total(), buffers.x.data() + k * buffers.stride);
  });
  buffers.results = batch == 1 ? buffers.sum.total() : buffers.x.data();
}

// Calls f(work, i, tile) for the tiles of every chunk and, if `sums`, adds up the chunks' g.
template <class Store, class Sum, class F>
void for_tiles(const Store& a, Index batch, PassBuffers<Sum>& buffers, const Execution& execution,
               bool sums, const F& f) {
  buffers.sum.begin(sums ? batch * buffers.stride : 0);
  const Index at_most =
      tile_rows(batch, buffers.stride * static_cast<Index>(sizeof(typename Store::Number)));
  parallel_for(execution, buffers.chunks.count, [&](Index c) {
    // Clearing g would be a tenth of the work of several runs: their first tile writes it unread.
    const bool clear = batch == 1 || !Store::kWhole;
    ChunkWork<Sum> work(buffers, batch, buffers.sum.open(clear));
    work.fresh = !clear;
    const Index end = buffers.chunks.end(c);
    for (Index i = buffers.chunks.begin(c); i < end;) {
      const auto tile = a.tile(i, std::min(at_most, end - i));
      f(work, i, tile);
      i += tile.rows;
    }
    buffers.sum.close(c, work.g);
  });
  if (sums) collect_results(batch, buffers, execution);
}

}  // namespace

template <class Sum>
PassBuffers<Sum>::PassBuffers(Index batch_, Index stride_, Chunks chunks_)
    : chunks(chunks_),
      batch(batch_),
      stride(stride_),
      x(Buffer<Sum>::zeros(checked_product({batch_, stride_}))),
      columns(batch_ == 1 ? 0 : batch_ * stride_),
      units(to_size(batch_)),
      sum(chunks_.count, checked_product({batch_, stride_}), ChunkWork<Sum>::scratch(batch_)) {}

template <class Store, class Sum>
void forward_pass(const Store& a, Index batch, double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution) {
  lay_out(batch, buffers, execution);
  for_tiles(a, batch, buffers, execution, false,
            [&](ChunkWork<Sum>& work, Index i, const auto& tile) {
              work.dots(tile);
              work.for_sums(tile.rows, [&](Index b, Index k, double dot, Index) {
                r[k][i + b] = a.scale(i + b) * (buffers.units[to_size(k)].x * dot);
              });
            });
}

template <class Store, class Sum>
void adjoint_pass(const Store& a, Index batch, const double* const* r, PassBuffers<Sum>& buffers,
                  const Execution& execution) {
  for_tiles(
      a, batch, buffers, execution, true, [&](ChunkWork<Sum>& work, Index i, const auto& tile) {
        for (Index k = 0; k < batch; ++k)
          for (Index b = 0, p = work.place(k, tile.rows); b < tile.rows;
               ++b, p += work.columns.width(k))
            work.weights[p] = weight<Sum>(a.scale(i + b), r[k][i + b], buffers.units[to_size(k)]);
        work.add_rows(tile);
      });
}

// Replaces residuals by weights, for the runs that have a function of the residual.
template <class Store, class Sum>
void set_weights(const Store& a, Index first, Index rows, const Residual* residuals,
                 const std::vector<Units>& units, const ChunkWork<Sum>& work) {
  for (Index k = 0; k < work.batch; ++k) {
    const Residual& residual = residuals[k];
    if (residual.function == nullptr) continue;
    Index place = work.place(k, rows);
    for (Index i = first; i < first + rows; ++i, place += work.columns.width(k))
      work.weights[place] =
          weight<Sum>(a.scale(i), residual.weight(i, residual.r[i]), units[to_size(k)]);
  }
}

template <class Store, class Sum>
void residual_adjoint_pass(const Store& a, Index batch, const Residual* residuals,
                           PassBuffers<Sum>& buffers, const Execution& execution) {
  lay_out(batch, buffers, execution);
  const bool functions = std::any_of(residuals, residuals + batch, [](const Residual& residual) {
    return residual.function != nullptr;
  });
  for_tiles(a, batch, buffers, execution, true,
            [&](ChunkWork<Sum>& work, Index i, const auto& tile) {
              work.dots(tile);
              work.for_sums(tile.rows, [&](Index b, Index k, double dot, Index place) {
                const Units& units = buffers.units[to_size(k)];
                const double scale = a.scale(i + b);
                const double residual = scale * (units.x * dot) - residuals[k].y[i + b];
                residuals[k].r[i + b] = residual;
                work.weights[place] = weight<Sum>(scale, residual, units);
              });
              // Asked once a tile, so that runs without a function pay nothing.
              if (functions) set_weights(a, i, tile.rows, residuals, buffers.units, work);
              work.add_rows(tile);
            });
}

#define IPGD_INSTANTIATE_PASSES(Store, Sum)                                                    \
  template void forward_pass(const Store&, Index, double* const*, PassBuffers<Sum>&,           \
                             const Execution&);                                                \
  template void adjoint_pass(const Store&, Index, const double* const*, PassBuffers<Sum>&,     \
                             const Execution&);                                                \
  template void residual_adjoint_pass(const Store&, Index, const Residual*, PassBuffers<Sum>&, \
                                      const Execution&);

}  // namespace ipgd
