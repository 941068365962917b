#include "ipgd/operators/entries.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/base/widen.hpp"

namespace ipgd {
namespace {

constexpr Index kPadding = kLanes<double>;

// A run's factors and their gradients with rows padded to whole Packs.
struct Padded {
  Index packs = 0;                           // in a row
  double *L = nullptr, *R = nullptr;         // the same for U Uᵀ
  double *left = nullptr, *right = nullptr;  // G R, Gᵀ L
};

struct PaddedRuns final : Operator::Workspace {
  explicit PaddedRuns(Index batch) : runs(static_cast<std::size_t>(batch)) {}

  // Cuts the memory into the factors and gradients of the views.
  void lay_out(Index batch, const ThetaView* theta) {
    Index total = 0;
    for (Index k = 0; k < batch; ++k) total += size(theta[k]);
    if (total > memory.size()) memory = Buffer<double>(total);
    double* next = memory.data();
    const auto take = [&](Index rows, Index packs) {
      double* const part = next;
      next += rows * packs * kPadding;
      return part;
    };
    for (Index k = 0; k < batch; ++k) {
      const ThetaView& view = theta[k];
      if (view.is_assembled()) continue;
      Padded& run = runs[static_cast<std::size_t>(k)];
      run.packs = packs(view);
      run.L = take(view.rows, run.packs);
      run.R = view.is_gram() ? run.L : take(view.cols, run.packs);
      run.left = take(view.rows, run.packs);
      run.right = take(view.cols, run.packs);
    }
  }

  std::vector<Padded> runs;

 private:
  static Index packs(const ThetaView& view) { return (view.rank + kPadding - 1) / kPadding; }
  static Index size(const ThetaView& view) {
    if (view.is_assembled()) return 0;
    return checked_product({2 * (view.rows + view.cols), packs(view), kPadding});
  }
  Buffer<double> memory;
};

void pad_rows(const double* from, Index begin, Index end, Index rank, Index packs, double* to) {
  for (Index i = begin; i < end; ++i) {
    double* const row = to + i * packs * kPadding;
    std::copy_n(from + i * rank, rank, row);
    std::fill(row + rank, row + packs * kPadding, 0.0);
  }
}

// What a tile is to one run: everything begins at the tile's first row, column and entry.
struct TileWork {
  const Tiles::Place* places;
  Index count, packs;
  double scale;
  const double *L, *R, *y;
  double *left, *right, *r;
};

// r_p = s <L_a, R_b> for the p-th entry (a, b);  packs of a row known to the compiler, or 0
template <Index kPacks>
void measure_tile(const TileWork& w) {
  const Index packs = kPacks > 0 ? kPacks : w.packs;
  for (Index p = 0; p < w.count; ++p) {
    const double* const La = w.L + w.places[p].row * packs * kPadding;
    const double* const Rb = w.R + w.places[p].col * packs * kPadding;
    Pack<double> lanes{};
    for (Index q = 0; q < packs; ++q)
      add_product(lanes, load<double>(La + q * kPadding), load<double>(Rb + q * kPadding));
    w.r[p] = w.scale * sum(lanes);
  }
}

// r_p = s <L_a, R_b> - y_p,  left_a += s r_p R_b,  right_b += s r_p L_a
template <Index kPacks>
void step_tile(const TileWork& w) {
  const Index packs = kPacks > 0 ? kPacks : w.packs;
  for (Index p = 0; p < w.count; ++p) {
    const Index a = w.places[p].row * packs * kPadding, b = w.places[p].col * packs * kPadding;
    const double *const La = w.L + a, *const Rb = w.R + b;
    Pack<double> lanes{};
    for (Index q = 0; q < packs; ++q)
      add_product(lanes, load<double>(La + q * kPadding), load<double>(Rb + q * kPadding));
    const double residual = w.scale * sum(lanes) - w.y[p];
    w.r[p] = residual;
    const double weight = w.scale * residual;
    double *const left = w.left + a, *const right = w.right + b;
    for (Index q = 0; q < packs; ++q) {
      Pack<double> x = load<double>(left + q * kPadding), z = load<double>(right + q * kPadding);
      add_product(x, load<double>(Rb + q * kPadding), weight);
      add_product(z, load<double>(La + q * kPadding), weight);
      store(left + q * kPadding, x);
      store(right + q * kPadding, z);
    }
  }
}

// f<packs>() with the number of packs known to the compiler where it is small
template <template <Index> class F>
void with_packs(const TileWork& w) {
  switch (w.packs) {
    case 1: return F<1>::run(w);
    case 2: return F<2>::run(w);
    case 3: return F<3>::run(w);
    case 4: return F<4>::run(w);
    default: return F<0>::run(w);
  }
}
template <Index kPacks>
struct MeasureTile {
  static void run(const TileWork& w) { measure_tile<kPacks>(w); }
};
template <Index kPacks>
struct StepTile {
  static void run(const TileWork& w) { step_tile<kPacks>(w); }
};

std::size_t run_at(Index k) { return static_cast<std::size_t>(k); }

}  // namespace

EntriesOperator::EntriesOperator(Tiles tiles)
    : tiles_(std::move(tiles)),
      scale_(std::sqrt(static_cast<double>(rows()) * static_cast<double>(cols()))) {}

void EntriesOperator::get_indices(std::int64_t* row, std::int64_t* col) const {
  for (Index I = 0; I < tiles_.row_blocks.count; ++I)
    for (Index J = 0; J < tiles_.col_blocks.count; ++J)
      for_entries(I, J, [&](Index p, Index a, Index b) { row[p] = a, col[p] = b; });
}

std::unique_ptr<Operator::Workspace> EntriesOperator::workspace(Index batch) const {
  return std::make_unique<PaddedRuns>(batch);
}

// f(p, row, column) for the entries of a tile
template <class F>
void EntriesOperator::for_entries(Index I, Index J, const F& f) const {
  const Index a = tiles_.row_blocks.begin(I), b = tiles_.col_blocks.begin(J);
  for (Index p = tiles_.begin(I, J); p < tiles_.end(I, J); ++p)
    f(p, a + tiles_.places()[p].row, b + tiles_.places()[p].col);
}

// f(k, I, J) for every run and tile, by diagonals: what goes on at the same time has neither rows
// nor columns in common, and each row meets the tiles in the same order whatever the threads.
template <class F>
void EntriesOperator::for_tiles(Index batch, const Execution& execution, const F& f) const {
  const Index n1 = tiles_.row_blocks.count, n2 = tiles_.col_blocks.count;
  for (Index t = 0; t < std::max(n1, n2); ++t)
    parallel_for(execution, std::min(n1, n2) * batch, [&](Index c) {
      const Index tile = c / batch, k = c % batch;
      if (n1 <= n2)
        f(k, tile, (tile + t) % n2);
      else
        f(k, (tile + t) % n1, tile);
    });
}

void EntriesOperator::forward(Index batch, const ThetaView* theta, double* const* out,
                              Workspace& workspace, const Execution& execution) const {
  auto& scratch = static_cast<PaddedRuns&>(workspace);
  scratch.lay_out(batch, theta);
  for (Index k = 0; k < batch; ++k) {
    const Padded& run = scratch.runs[run_at(k)];
    if (theta[k].is_assembled()) continue;
    pad_rows(theta[k].left, 0, rows(), theta[k].rank, run.packs, run.L);
    if (!theta[k].is_gram()) pad_rows(theta[k].right, 0, cols(), theta[k].rank, run.packs, run.R);
  }
  for_tiles(batch, execution, [&](Index k, Index I, Index J) {
    if (theta[k].is_assembled()) {
      for_entries(I, J, [&](Index p, Index a, Index b) {
        out[k][p] = scale_ * theta[k].left[a * cols() + b];
      });
      return;
    }
    const Padded& run = scratch.runs[run_at(k)];
    const Index row = run.packs * kPadding, p = tiles_.begin(I, J);
    with_packs<MeasureTile>({tiles_.places() + p, tiles_.end(I, J) - p, run.packs, scale_,
                             run.L + tiles_.row_blocks.begin(I) * row,
                             run.R + tiles_.col_blocks.begin(J) * row, nullptr, nullptr, nullptr,
                             out[k] + p});
  });
}

void EntriesOperator::adjoint(Index batch, const double* const* r, double* const* G, Workspace&,
                              const Execution& execution) const {
  for (Index k = 0; k < batch; ++k) std::fill_n(G[k], rows() * cols(), 0.0);
  for_tiles(batch, execution, [&](Index k, Index I, Index J) {
    for_entries(I, J, [&](Index p, Index a, Index b) { G[k][a * cols() + b] += scale_ * r[k][p]; });
  });
}

void EntriesOperator::residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                                       double* const* r, double* const* G, Workspace& workspace,
                                       const Execution& execution) const {
  forward(batch, theta, r, workspace, execution);
  for (Index k = 0; k < batch; ++k)
    for (Index p = 0; p < measurements(); ++p) r[k][p] -= y[k][p];
  adjoint(batch, r, G, workspace, execution);
}

void EntriesOperator::residual_cotangent(Index batch, const ThetaView* theta,
                                         const double* const* y, double* const* r,
                                         const Cotangent* out, Workspace& workspace,
                                         const Execution& execution) const {
  auto& scratch = static_cast<PaddedRuns&>(workspace);
  scratch.lay_out(batch, theta);
  // Rows of one side of every run, by blocks. Not interrupted: it takes little beside the entries.
  const auto for_side = [&](const Chunks& blocks, const auto& f) {
    parallel_for({execution.n_threads, nullptr}, blocks.count * batch, [&](Index c) {
      const Index block = c / batch, k = c % batch;
      f(theta[k], scratch.runs[run_at(k)], out[k], blocks.begin(block), blocks.end(block));
    });
  };
  const auto zero = [](const Padded& run, double* to, Index begin, Index end) {
    std::fill(to + begin * run.packs * kPadding, to + end * run.packs * kPadding, 0.0);
  };
  for_side(tiles_.row_blocks,
           [&](const ThetaView& view, const Padded& run, const Cotangent&, Index begin, Index end) {
             pad_rows(view.left, begin, end, view.rank, run.packs, run.L);
             zero(run, run.left, begin, end);
           });
  for_side(tiles_.col_blocks,
           [&](const ThetaView& view, const Padded& run, const Cotangent&, Index begin, Index end) {
             if (!view.is_gram()) pad_rows(view.right, begin, end, view.rank, run.packs, run.R);
             zero(run, run.right, begin, end);
           });

  for_tiles(batch, execution, [&](Index k, Index I, Index J) {
    const Padded& run = scratch.runs[run_at(k)];
    const Index row = run.packs * kPadding, p = tiles_.begin(I, J);
    const Index a = tiles_.row_blocks.begin(I) * row, b = tiles_.col_blocks.begin(J) * row;
    with_packs<StepTile>({tiles_.places() + p, tiles_.end(I, J) - p, run.packs, scale_, run.L + a,
                          run.R + b, y[k] + p, run.left + a, run.right + b, r[k] + p});
  });

  // left = G R, right = Gᵀ L; left = G U + Gᵀ U for U Uᵀ
  for_side(tiles_.row_blocks, [](const ThetaView& view, const Padded& run, const Cotangent& to,
                                 Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      for (Index l = 0; l < view.rank; ++l) {
        const Index j = i * run.packs * kPadding + l;
        to.left[i * view.rank + l] = view.is_gram() ? run.left[j] + run.right[j] : run.left[j];
      }
  });
  for_side(tiles_.col_blocks, [](const ThetaView& view, const Padded& run, const Cotangent& to,
                                 Index begin, Index end) {
    if (view.is_gram()) return;
    for (Index i = begin; i < end; ++i)
      std::copy_n(run.right + i * run.packs * kPadding, view.rank, to.right + i * view.rank);
  });
}

}  // namespace ipgd
