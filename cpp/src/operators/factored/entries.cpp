#include "ipgd/operators/factored/entries.hpp"

#include <algorithm>
#include <cmath>

#include "ipgd/base/widen.hpp"

namespace ipgd {
namespace {

constexpr Index kPadding = kLanes<double>;

// A run's factors and their gradients. Each row of a factor is followed by that of its gradient,
// both padded to whole Packs: what an entry needs of a row lies in consecutive cache lines.
struct PaddedRun {
  Index packs = 0;         // of a row of L; a row of `rows` has twice as many
  double* rows = nullptr;  // L_a, (G R)_a
  double* cols = nullptr;  // R_b, (Gᵀ L)_b
  Index stride() const noexcept { return 2 * packs * kPadding; }
};

Index packs(Index rank) { return (rank + kPadding - 1) / kPadding; }

// How many numbers a run's factors and gradients take.
Index padded_size(Index rank, Index n1, Index n2) {
  return checked_product({2 * (n1 + n2), packs(rank), kPadding});
}

struct PaddedRuns final : Operator::Workspace {
  explicit PaddedRuns(Index batch) : runs(to_size(batch)) {}

  // Cuts the memory into pieces for n1 rows and n2 columns of each view.
  void lay_out(Index batch, const ThetaView* theta, Index n1, Index n2) {
    Index total = 0;
    for (Index k = 0; k < batch; ++k) total += size(theta[k], n1, n2);
    if (total > memory.size()) memory = Buffer<double>(total);
    double* next = memory.data();
    for (Index k = 0; k < batch; ++k) {
      const ThetaView& view = theta[k];
      if (view.is_assembled()) continue;
      PaddedRun& run = runs[to_size(k)];
      run.packs = packs(view.rank);
      run.rows = next;
      run.cols = next + n1 * run.stride();
      next = run.cols + n2 * run.stride();
    }
  }

  std::vector<PaddedRun> runs;

 private:
  static Index size(const ThetaView& view, Index n1, Index n2) {
    return view.is_assembled() ? 0 : padded_size(view.rank, n1, n2);
  }
  Buffer<double> memory;
};

// Copies the rows place(i), begin <= i < end, of a factor. Each is followed by its gradient, which
// is set to zero.
template <class Place>
void pad_rows(const double* from, const Place& place, Index begin, Index end, Index rank,
              Index stride, double* to) {
  for (Index i = begin; i < end; ++i) {
    double* const row = to + i * stride;
    std::copy_n(from + place(i) * rank, rank, row);
    std::fill(row + rank, row + stride, 0.0);
  }
}

// Clears the rows of a cotangent that no measurement sees.
void clear_unseen(const std::vector<Index>& seen, Index rows, Index rank, double* cotangent) {
  Index next = 0;
  for (const Index i : seen) {
    std::fill(cotangent + next * rank, cotangent + i * rank, 0.0);
    next = i + 1;
  }
  std::fill(cotangent + next * rank, cotangent + rows * rank, 0.0);
}

// One run's share of a tile. Pointers begin at the tile's first row, column or entry.
struct TileWork {
  const Tiles::Place* places;
  Index count, packs;
  double scale;
  double *rows, *cols;
  Residual residual;      // Kind::image uses r alone
  const double* weights;  // of Kind::given
};

// What a pass computes.
enum class Kind {
  image,     // r_p = s <L_a, R_b> for the p-th entry (a, b)
  residual,  // r_p = s <L_a, R_b> - y_p, and the gradients under r
  function,  // the same r_p, and the gradients under its weights
  given,     // the gradients under given weights
};

// (G R)_a += s w_p R_b, (Gᵀ L)_b += s w_p L_a under weights w, with kPacks Packs in a row (0: any).
// Prefetching the column of the 16th entry ahead doubles the speed (AMD Zen 4, November 2026).
template <Index kPacks, Kind kKind>
void pass_over(const TileWork& w) {
  constexpr bool kGradient = kKind != Kind::image;
  const Index packs = kPacks > 0 ? kPacks : w.packs, length = packs * kPadding;
  const Index used = kGradient ? 2 * length : length;
  const Residual& to = w.residual;
  for (Index p = 0; p < w.count; ++p) {
    const double* const ahead = w.cols + w.places[p + Tiles::kAhead].col * 2 * length;
    for (Index j = 0; j < used; j += kPadding) __builtin_prefetch(ahead + j, kGradient ? 1 : 0);
    double* const a = w.rows + w.places[p].row * 2 * length;
    double* const b = w.cols + w.places[p].col * 2 * length;
    double weight = 0;
    if constexpr (kKind == Kind::given) {
      weight = w.scale * w.weights[p];
    } else {
      Pack<double> lanes{};
      for (Index j = 0; j < length; j += kPadding)
        add_product(lanes, load<double>(a + j), load<double>(b + j));
      const double image = w.scale * sum(lanes);
      if constexpr (kKind == Kind::image) {
        to.r[p] = image;
      } else {
        const double r = image - to.y[p];
        weight = w.scale * (kKind == Kind::function ? to.weight(p, r) : r);
        to.r[p] = r;
      }
    }
    if constexpr (kGradient)
      for (Index j = 0; j < length; j += kPadding) {
        Pack<double> left = load<double>(a + length + j), right = load<double>(b + length + j);
        add_product(left, load<double>(b + j), weight);
        add_product(right, load<double>(a + j), weight);
        store(a + length + j, left);
        store(b + length + j, right);
      }
  }
}

template <Kind kKind>
void pass_over_tile(const TileWork& w) {
  switch (w.packs) {
    case 1: return pass_over<1, kKind>(w);
    case 2: return pass_over<2, kKind>(w);
    case 3: return pass_over<3, kKind>(w);
    case 4: return pass_over<4, kKind>(w);
    default: return pass_over<0, kKind>(w);
  }
}

// The part of a residual from measurement p on.
Residual from(const Residual& all, Index p) {
  Residual rest = all;
  rest.y += p;
  rest.r += p;
  if (rest.data != nullptr) rest.data += p;
  return rest;
}

// A row of L and one of R, padded to whole Packs.
struct PaddedPair final : Operator::Workspace {
  Buffer<double> memory;
};

}  // namespace

EntriesOperator::EntriesOperator(Tiles tiles)
    : tiles_(std::move(tiles)),
      scale_(std::sqrt(static_cast<double>(rows()) * static_cast<double>(cols()))) {}

void EntriesOperator::get_indices(std::int64_t* row, std::int64_t* col) const {
  for (Index I = 0; I < tiles_.row_blocks.count; ++I)
    for (Index J = 0; J < tiles_.col_blocks.count; ++J)
      for_entries(I, J, [&](Index p, Index a, Index b) { row[p] = a, col[p] = b; });
}

Index EntriesOperator::pass_nbytes(Index rank) const {
  return checked_product({padded_size(rank, tiles_.row_blocks.total, tiles_.col_blocks.total),
                          static_cast<Index>(sizeof(double))});
}

std::unique_ptr<Operator::Workspace> EntriesOperator::workspace(Index batch) const {
  return std::make_unique<PaddedRuns>(batch);
}

// Calls f(p, row, column) for the entries of a tile.
template <class F>
void EntriesOperator::for_entries(Index I, Index J, const F& f) const {
  const Index a = tiles_.row_blocks.begin(I), b = tiles_.col_blocks.begin(J);
  for (Index p = tiles_.begin(I, J); p < tiles_.end(I, J); ++p)
    f(p, tiles_.row(a + tiles_.places()[p].row), tiles_.col(b + tiles_.places()[p].col));
}

// Calls f(k, I, J) for every run and tile, diagonal by diagonal. Tiles of a diagonal share no rows
// or columns and may run at once. Each row meets its tiles in one order for any number of threads.
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
  const Index n1 = tiles_.row_blocks.total, n2 = tiles_.col_blocks.total;
  scratch.lay_out(batch, theta, n1, n2);
  for (Index k = 0; k < batch; ++k) {
    const PaddedRun& run = scratch.runs[to_size(k)];
    if (theta[k].is_assembled()) continue;
    const auto row = [&](Index i) { return tiles_.row(i); };
    const auto col = [&](Index j) { return tiles_.col(j); };
    pad_rows(theta[k].left, row, 0, n1, theta[k].rank, run.stride(), run.rows);
    pad_rows(theta[k].right, col, 0, n2, theta[k].rank, run.stride(), run.cols);
  }
  for_tiles(batch, execution, [&](Index k, Index I, Index J) {
    if (theta[k].is_assembled()) {
      for_entries(I, J, [&](Index p, Index a, Index b) {
        out[k][p] = scale_ * theta[k].left[a * cols() + b];
      });
      return;
    }
    const PaddedRun& run = scratch.runs[to_size(k)];
    const Index p = tiles_.begin(I, J);
    pass_over_tile<Kind::image>({tiles_.places() + p,
                                 tiles_.end(I, J) - p,
                                 run.packs,
                                 scale_,
                                 run.rows + tiles_.row_blocks.begin(I) * run.stride(),
                                 run.cols + tiles_.col_blocks.begin(J) * run.stride(),
                                 {nullptr, out[k] + p},
                                 nullptr});
  });
}

void EntriesOperator::adjoint(Index batch, const double* const* r, double* const* G, Workspace&,
                              const Execution& execution) const {
  for (Index k = 0; k < batch; ++k) std::fill_n(G[k], rows() * cols(), 0.0);
  for_tiles(batch, execution, [&](Index k, Index I, Index J) {
    for_entries(I, J, [&](Index p, Index a, Index b) { G[k][a * cols() + b] += scale_ * r[k][p]; });
  });
}

// Calls pass(k, work, p) for every run and tile, p its first measurement; writes the cotangents.
template <class Pass>
void EntriesOperator::add_up(Index batch, const ThetaView* theta, const Cotangent* out,
                             Workspace& workspace, const Execution& execution,
                             const Pass& pass) const {
  auto& scratch = static_cast<PaddedRuns&>(workspace);
  scratch.lay_out(batch, theta, tiles_.row_blocks.total, tiles_.col_blocks.total);
  const auto row = [&](Index i) { return tiles_.row(i); };
  const auto col = [&](Index j) { return tiles_.col(j); };
  // Calls f for every run and block of one side. Not interrupted: the entries take far longer.
  const auto for_side = [&](const Chunks& blocks, const auto& f) {
    parallel_for(execution.uninterrupted(), blocks.count * batch, [&](Index c) {
      const Index block = c / batch, k = c % batch;
      f(theta[k], scratch.runs[to_size(k)], out[k], blocks.begin(block), blocks.end(block));
    });
  };
  for_side(tiles_.row_blocks, [&](const ThetaView& view, const PaddedRun& run, const Cotangent&,
                                  Index begin, Index end) {
    pad_rows(view.left, row, begin, end, view.rank, run.stride(), run.rows);
  });
  for_side(tiles_.col_blocks, [&](const ThetaView& view, const PaddedRun& run, const Cotangent& to,
                                  Index begin, Index end) {
    pad_rows(view.right, col, begin, end, view.rank, run.stride(), run.cols);
    if (view.is_symmetric_product() && to.cleared != nullptr)  // a column may be seen, its row not
      for (Index i = begin; i < end; ++i) std::fill_n(to.left + col(i) * view.rank, view.rank, 0.0);
  });

  for_tiles(batch, execution, [&](Index k, Index I, Index J) {
    const PaddedRun& run = scratch.runs[to_size(k)];
    const Index p = tiles_.begin(I, J);
    pass(k,
         TileWork{tiles_.places() + p,
                  tiles_.end(I, J) - p,
                  run.packs,
                  scale_,
                  run.rows + tiles_.row_blocks.begin(I) * run.stride(),
                  run.cols + tiles_.col_blocks.begin(J) * run.stride(),
                  {},
                  nullptr},
         p);
  });

  // left = G R, right = Gᵀ L; left = G U + Gᵀ U for U Uᵀ
  if (seen() != nullptr)
    for (Index k = 0; k < batch; ++k) {
      if (out[k].cleared != nullptr) continue;
      const bool one = theta[k].is_symmetric_product();
      if (out[k].left != nullptr) clear_unseen(seen()->rows, rows(), theta[k].rank, out[k].left);
      if (!one && out[k].right != nullptr)
        clear_unseen(seen()->cols, cols(), theta[k].rank, out[k].right);
    }
  for_side(tiles_.row_blocks, [&](const ThetaView& view, const PaddedRun& run, const Cotangent& to,
                                  Index begin, Index end) {
    if (to.left == nullptr) return;
    for (Index i = begin; i < end; ++i)
      std::copy_n(run.rows + i * run.stride() + run.packs * kPadding, view.rank,
                  to.left + row(i) * view.rank);
  });
  for_side(tiles_.col_blocks, [&](const ThetaView& view, const PaddedRun& run, const Cotangent& to,
                                  Index begin, Index end) {
    double* const target = view.is_symmetric_product() ? to.left : to.right;
    if (target == nullptr) return;
    for (Index i = begin; i < end; ++i) {
      const double* const from = run.cols + i * run.stride() + run.packs * kPadding;
      if (!view.is_symmetric_product()) {
        std::copy_n(from, view.rank, to.right + col(i) * view.rank);
        continue;
      }
      double* const left = to.left + col(i) * view.rank;
      for (Index l = 0; l < view.rank; ++l) left[l] += from[l];
    }
  });
}

void EntriesOperator::cotangent(Index batch, const double* const* r, const ThetaView* at,
                                const Cotangent* out, Workspace& workspace,
                                const Execution& execution) const {
  add_up(batch, at, out, workspace, execution, [&](Index k, TileWork work, Index p) {
    work.weights = r[k] + p;
    pass_over_tile<Kind::given>(work);
  });
}

void EntriesOperator::residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                                         const Cotangent* out, Workspace& workspace,
                                         const Execution& execution) const {
  add_up(batch, theta, out, workspace, execution, [&](Index k, TileWork work, Index p) {
    work.residual = from(residuals[k], p);
    if (residuals[k].function == nullptr)
      pass_over_tile<Kind::residual>(work);
    else
      pass_over_tile<Kind::function>(work);
  });
  for_runs(execution.uninterrupted(), batch,
           [&](Index k, const Execution& own) { residuals[k].totals = totals(residuals[k], own); });
}

std::unique_ptr<Operator::Workspace> EntriesOperator::rows_workspace() const {
  return std::make_unique<PaddedPair>();
}

void EntriesOperator::residual_cotangent_rows(const Rows& some, const ThetaView& theta,
                                              Residual& residual, const Cotangent& out,
                                              Workspace& workspace,
                                              const Execution& execution) const {
  auto& memory = static_cast<PaddedPair&>(workspace).memory;
  const Index k = theta.rank, length = (k + kPadding - 1) / kPadding * kPadding;
  if (memory.size() < 2 * length) memory = Buffer<double>(2 * length);
  double *const L = memory.data(), *const R = L + length;
  std::fill(L + k, R, 0.0);
  std::fill(R + k, R + length, 0.0);

  // G U and Gᵀ U go to the same place for U Uᵀ
  double* const right = theta.is_symmetric_product() ? out.left : out.right;
  if (out.cleared == nullptr) {
    std::fill_n(out.left, rows() * k, 0.0);
    if (!theta.is_symmetric_product()) std::fill_n(right, cols() * k, 0.0);
  } else {
    for (const Index a : seen()->rows) std::fill_n(out.left + a * k, k, 0.0);
    for (const Index b : seen()->cols) std::fill_n(right + b * k, k, 0.0);
  }
  for_in_turn(execution, some.count, 4 * length, [&](Index j) {
    const Index p = some.indices[j];
    const auto [a, b] = tiles_.where(p);
    std::copy_n(theta.left + a * k, k, L);
    std::copy_n(theta.right + b * k, k, R);
    // r = s <L_a, R_b> - y_p, (G R)_a += s r R_b, (Gᵀ L)_b += s r L_a
    Pack<double> lanes{};
    for (Index l = 0; l < length; l += kPadding)
      add_product(lanes, load<double>(L + l), load<double>(R + l));
    const double image = scale_ * sum(lanes), r = image - residual.y[p];
    const double weight = scale_ * residual.weight(p, r);
    residual.r[j] = r;
    for (Index l = 0; l < k; ++l) out.left[a * k + l] += weight * R[l];
    for (Index l = 0; l < k; ++l) right[b * k + l] += weight * L[l];
  });
  residual.totals = local_totals(residual, some.count, some.indices, execution.uninterrupted());
}

}  // namespace ipgd
