#include "ipgd/operators/factored/rank_one.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "ipgd/base/chunks.hpp"
#include "ipgd/base/tree_sum.hpp"
#include "ipgd/operators/dense/columns.hpp"
#include "ipgd/operators/dense/row_store.hpp"

namespace ipgd {
namespace {

// As in the dense pass: tiles of 16 rows, or of 64 for many columns, in panels of 256 entries.
constexpr Index kVectorRows = 16, kManyColumns = 32, kManyVectorRows = 64, kVectorPanel = 256;

// All columns of the runs' factors that are multiplied with one set of vectors, the a_i or the b_i.
// They are transposed, so that a column is contiguous, as a vector is.
struct FactorSide {
  Index columns = 0, stride = 0;
  Buffer<double> x;           // columns x stride, zero in the padding
  Index lanes = 0, part = 0;  // where this side begins in a chunk's scratch and accumulator

  Columns side_by_side() const noexcept { return {columns, stride}; }
};

// Where a run's L and R begin among the columns of their sides. For a_i a_iᵀ there is one side; for
// U Uᵀ on it, L and R are the same columns.
struct FactorColumns {
  Index left = 0, right = 0, rank = 0;
};

struct VectorPass final : Operator::Workspace {
  VectorPass(Index batch, Index count, Chunks chunks_)
      : sides(to_size(count)), runs(to_size(batch)), chunks(chunks_), views(to_size(batch)) {}

  std::vector<FactorSide> sides;
  std::vector<FactorColumns> runs;
  Chunks chunks;
  std::optional<TreeSum<double>> sum;
  Index tile_rows = 0, numbers = 0, capacity = 0, extra = 0;
  std::vector<ThetaView> views;  // all are products: an assembled Theta becomes Theta I
  Buffer<double> identity;       // d2 x d2, made when first needed
};

template <class Storage>
class RankOne final : public RankOneOperator {
 public:
  RankOne(Index m, Index d1, Index d2)
      : stores_{RowStore<Storage>(m, d1), RowStore<Storage>(d2 > 0 ? m : 0, d2)},
        symmetric_(d2 == 0) {}

  Index measurements() const noexcept override { return stores_[0].rows(); }
  Index rows() const noexcept override { return stores_[0].entries(); }
  Index cols() const noexcept override { return store(1).entries(); }
  bool symmetric() const noexcept override { return symmetric_; }
  const char* storage() const noexcept override {
    return std::is_same_v<Storage, double> ? "float64" : "float32";
  }
  Index nbytes() const noexcept override { return stores_[0].nbytes() + stores_[1].nbytes(); }
  bool is_small() const noexcept override { return chunks().count == 1; }

  bool set_rows(Index begin, Index count, bool right, const double* vectors,
                const Execution& execution) override {
    RowStore<Storage>& to = stores_[right ? 1 : 0];
    std::atomic<bool> exact{true};
    parallel_for(execution, count, [&](Index i) noexcept {
      if (!to.set(begin + i, vectors + i * to.entries())) exact = false;
    });
    return exact;
  }
  void get_rows(Index begin, Index count, bool right, double* vectors) const override {
    const RowStore<Storage>& from = store(right ? 1 : 0);
    for (Index i = 0; i < count; ++i) from.get(begin + i, vectors + i * from.entries());
  }

  std::unique_ptr<Workspace> workspace(Index batch) const override {
    return std::make_unique<VectorPass>(batch, symmetric_ ? 1 : 2, chunks());
  }

  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace& workspace,
               const Execution& execution) const override {
    auto& scratch = static_cast<VectorPass&>(workspace);
    lay_out(batch, theta, scratch);
    pass(batch, false, scratch, execution,
         [&](Index k, Index i, double image) { return out[k][i] = image; });
  }
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
               const Execution& execution) const override {
    const auto zero = Buffer<double>::zeros(checked_product({rows(), cols()}));
    const std::vector<ThetaView> theta(to_size(batch),
                                       ThetaView::assembled(zero.data(), rows(), cols()));
    back_project(batch, theta.data(), G, workspace, execution,
                 [&](Index k, Index i, double) { return r[k][i]; });
  }
  void residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                        double* const* r, double* const* G, Workspace& workspace,
                        const Execution& execution) const override {
    back_project(batch, theta, G, workspace, execution,
                 [&](Index k, Index i, double image) { return r[k][i] = image - y[k][i]; });
  }
  void cotangent(Index batch, const double* const* r, const ThetaView* at, const Cotangent* out,
                 Workspace& workspace, const Execution& execution) const override {
    auto& scratch = static_cast<VectorPass&>(workspace);
    lay_out(batch, at, scratch);
    pass(batch, true, scratch, execution, [&](Index k, Index i, double) { return r[k][i]; });
    for (Index k = 0; k < batch; ++k) write_cotangent(k, scratch, out[k]);
  }
  void residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                          const Cotangent* out, Workspace& workspace,
                          const Execution& execution) const override {
    auto& scratch = static_cast<VectorPass&>(workspace);
    lay_out(batch, theta, scratch);
    if (std::any_of(residuals, residuals + batch,
                    [](const Residual& residual) { return residual.function != nullptr; }))
      pass(batch, true, scratch, execution, [&](Index k, Index i, double image) {
        const Residual& to = residuals[k];
        return to.weight(i, to.r[i] = image - to.y[i]);
      });
    else
      pass(batch, true, scratch, execution, [&](Index k, Index i, double image) {
        return residuals[k].r[i] = image - residuals[k].y[i];
      });
    for (Index k = 0; k < batch; ++k) write_cotangent(k, scratch, out[k]);
    for_runs(execution.uninterrupted(), batch, [&](Index k, const Execution& own) {
      residuals[k].totals = totals(residuals[k], own);
    });
  }

  std::unique_ptr<Workspace> rows_workspace() const override {
    return std::make_unique<VectorPass>(1, symmetric_ ? 1 : 2, Chunks{measurements(), 1});
  }
  void residual_cotangent_rows(const Rows& some, const ThetaView& theta, Residual& residual,
                               const Cotangent& out, Workspace& workspace,
                               const Execution& execution) const override {
    auto& scratch = static_cast<VectorPass&>(workspace);
    lay_out(1, &theta, scratch);
    scratch.sum->begin(scratch.numbers);
    double* const part = scratch.sum->open();
    for_in_turn(execution, some.count, scratch.numbers, [&](Index j) {
      const Index i = some.indices[j];
      tile(1, true, scratch, i, 1, part, [&](Index, Index, double image) {
        return residual.weight(i, residual.r[j] = image - residual.y[i]);
      });
    });
    scratch.sum->close(0, part);
    write_cotangent(0, scratch, out);
    residual.totals = local_totals(residual, some.count, some.indices, execution.uninterrupted());
  }

 private:
  const RowStore<Storage>& store(Index side) const noexcept {
    return stores_[symmetric_ ? 0 : side];
  }
  Chunks chunks() const noexcept {
    return row_chunks(measurements(), stores_[0].stride() + stores_[1].stride());
  }
  // The side of R.
  Index right_side() const noexcept { return symmetric_ ? 0 : 1; }

  ThetaView product(const ThetaView& theta, VectorPass& scratch) const {
    if (!theta.is_assembled()) return theta;
    if (scratch.identity.size() == 0) {
      scratch.identity = Buffer<double>::zeros(checked_product({cols(), cols()}));
      for (Index j = 0; j < cols(); ++j) scratch.identity.data()[j * (cols() + 1)] = 1;
    }
    return ThetaView::product(theta.left, scratch.identity.data(), rows(), cols(), cols());
  }

  // Collects the columns of all runs, transposed.
  void lay_out(Index batch, const ThetaView* theta, VectorPass& scratch) const {
    for (FactorSide& side : scratch.sides) side.columns = 0;
    for (Index k = 0; k < batch; ++k) {
      const ThetaView& view = scratch.views[to_size(k)] = product(theta[k], scratch);
      FactorColumns& run = scratch.runs[to_size(k)];
      run.rank = view.rank;
      const auto add = [&](Index side) {
        Index& columns = scratch.sides[to_size(side)].columns;
        return std::exchange(columns, columns + view.rank);
      };
      run.left = add(0);
      run.right = symmetric_ && view.is_symmetric_product() ? run.left : add(right_side());
    }
    Index columns = 0;
    scratch.numbers = 0;
    for (Index s = 0; s < static_cast<Index>(scratch.sides.size()); ++s) {
      FactorSide& side = scratch.sides[to_size(s)];
      side.stride = store(s).stride();
      const Index size = checked_product({side.columns, side.stride});
      if (size > side.x.size()) side.x = Buffer<double>(size);
      side.lanes = columns;
      side.part = scratch.numbers;
      columns += side.columns;
      scratch.numbers += size;
    }
    scratch.tile_rows = columns < kManyColumns ? kVectorRows : kManyVectorRows;
    const Index extra = scratch.tile_rows * columns * (kLanes<double> + 1);
    if (scratch.numbers > scratch.capacity || extra > scratch.extra) {
      scratch.capacity = std::max(scratch.capacity, scratch.numbers);
      scratch.extra = std::max(scratch.extra, extra);
      scratch.sum.emplace(scratch.chunks.count, scratch.capacity, scratch.extra);
    }
    for (Index k = 0; k < batch; ++k) {
      const FactorColumns& run = scratch.runs[to_size(k)];
      const ThetaView& view = scratch.views[to_size(k)];
      transpose(view.left, rows(), run.rank, scratch.sides[0], run.left);
      if (!(symmetric_ && view.is_symmetric_product()))
        transpose(view.right, cols(), run.rank, scratch.sides[to_size(right_side())], run.right);
    }
  }

  static void transpose(const double* from, Index rows, Index rank, FactorSide& side, Index first) {
    const Columns columns = side.side_by_side();
    for (Index l = 0; l < rank; ++l)
      for (Index j = 0; j < side.stride; ++j)
        side.x.data()[columns.entry<double>(first + l, j)] = j < rows ? from[j * rank + l] : 0.0;
  }

  // r_i = weight(k, i, <z_i, w_i>) for all runs, z_i = Lᵀ a_i and w_i = Rᵀ b_i; if `sums`, also
  // G R = sum_i r_i a_i w_iᵀ and Gᵀ L = sum_i r_i b_i z_iᵀ.
  template <class Weight>
  void pass(Index batch, bool sums, VectorPass& scratch, const Execution& execution,
            const Weight& weight) const {
    scratch.sum->begin(sums ? scratch.numbers : 0);
    parallel_for(execution, scratch.chunks.count, [&](Index c) {
      double* const part = scratch.sum->open();
      const Index end = scratch.chunks.end(c);
      for (Index i = scratch.chunks.begin(c); i < end; i += scratch.tile_rows)
        tile(batch, sums, scratch, i, std::min(scratch.tile_rows, end - i), part, weight);
      scratch.sum->close(c, part);
    });
  }

  template <class Weight>
  void tile(Index batch, bool sums, const VectorPass& scratch, Index first, Index rows_,
            double* part, const Weight& weight) const {
    auto* const lanes = reinterpret_cast<Pack<double>*>(part + scratch.capacity);
    const FactorSide& last = scratch.sides.back();
    const Index all = last.lanes + last.columns;  // columns of both sides
    double* const weights = reinterpret_cast<double*>(lanes + scratch.tile_rows * all);
    for (Index s = 0; s < static_cast<Index>(scratch.sides.size()); ++s)
      dots(scratch.sides[to_size(s)], store(s), first, rows_, lanes, all);
    // weights <- Z and W, which become r∘W and r∘Z
    for (Index j = 0; j < rows_ * all; ++j) weights[j] = sum(lanes[j]);
    for (Index b = 0; b < rows_; ++b)
      for (Index k = 0; k < batch; ++k) {
        const FactorColumns& run = scratch.runs[to_size(k)];
        double* const z = weights + b * all + run.left;
        double* const w =
            weights + b * all + scratch.sides[to_size(right_side())].lanes + run.right;
        double image = 0;
        for (Index l = 0; l < run.rank; ++l) image += z[l] * w[l];
        const double r = weight(k, first + b, image);
        for (Index l = 0; l < run.rank; ++l) {
          const double zl = z[l];
          z[l] = r * w[l];
          w[l] = r * zl;
        }
      }
    if (!sums) return;
    for (Index s = 0; s < static_cast<Index>(scratch.sides.size()); ++s)
      add_rows(scratch.sides[to_size(s)], store(s), first, rows_, weights, all, part);
  }

  // lanes[b][c] = lanes of <row b of the tile, column c>
  static void dots(const FactorSide& side, const RowStore<Storage>& a, Index first, Index rows_,
                   Pack<double>* lanes, Index all) {
    const Storage* const data = a.data() + first * a.stride();
    const Columns all_columns = side.side_by_side();
    for (Index j = 0; j < a.stride(); j += kVectorPanel) {
      const Index length = std::min(kVectorPanel, a.stride() - j);
      kernels::for_blocks<kernels::kRuns>(side.columns, [&](auto columns, Index c) {
        const double* const x = side.x.data() + all_columns.at<double>(c, j / kLanes<double>);
        kernels::for_blocks<kernels::kRows>(rows_, [&](auto block, Index b) {
          const auto add = c == 0 ? kernels::add_dots<block, columns, true, double, Storage>
                                  : kernels::add_dots<block, columns, false, double, Storage>;
          add(data + b * a.stride() + j, a.stride(), x, length, lanes + b * all + side.lanes + c,
              all, j == 0, kVectorPanel);
        });
      });
    }
  }

  // part_c += sum over the tile of weights[b][c] a_b
  static void add_rows(const FactorSide& side, const RowStore<Storage>& a, Index first, Index rows_,
                       const double* weights, Index all, double* part) {
    const Storage* const data = a.data() + first * a.stride();
    const Columns all_columns = side.side_by_side();
    kernels::for_blocks<kernels::kPacks>(a.stride() / kLanes<double>, [&](auto packs, Index p) {
      const Index j = p * kLanes<double>;
      kernels::for_blocks<kernels::kRuns>(side.columns, [&](auto columns, Index c) {
        const auto add = c == 0 ? kernels::add_rows<packs, columns, true, double, Storage>
                                : kernels::add_rows<packs, columns, false, double, Storage>;
        add(data + j, a.stride(), rows_, weights + side.lanes + c, all,
            part + side.part + all_columns.at<double>(c, p), false);
      });
    });
  }

  // left = G R and, if wanted, right = Gᵀ L;  left = (G + Gᵀ) U for U Uᵀ
  void write_cotangent(Index k, const VectorPass& scratch, const Cotangent& out) const {
    const FactorColumns& run = scratch.runs[to_size(k)];
    const bool gram = scratch.views[to_size(k)].is_symmetric_product();
    const auto total = [&](Index side, Index column, Index j) {
      const FactorSide& from = scratch.sides[to_size(side)];
      return scratch.sum->total()[from.part + from.side_by_side().entry<double>(column, j)];
    };
    for (Index l = 0; l < run.rank; ++l) {
      for (Index i = 0; i < rows(); ++i) {
        if (out.left == nullptr) break;
        const double left = total(0, run.left + l, i);
        out.left[i * run.rank + l] = gram ? left + total(right_side(), run.right + l, i) : left;
      }
      if (gram || out.right == nullptr) continue;
      for (Index j = 0; j < cols(); ++j)
        out.right[j * run.rank + l] = total(right_side(), run.right + l, j);
    }
  }

  // The pass on Theta = Theta I gives G I = G. For matrices that fit in memory; it is not fast.
  template <class Weight>
  void back_project(Index batch, const ThetaView* theta, double* const* G, Workspace& workspace,
                    const Execution& execution, const Weight& weight) const {
    auto& scratch = static_cast<VectorPass&>(workspace);
    lay_out(batch, theta, scratch);
    pass(batch, true, scratch, execution, weight);
    for (Index k = 0; k < batch; ++k) {
      write_cotangent(k, scratch, {G[k], nullptr});
      if (!symmetric_) continue;
      for (Index a = 0; a < rows(); ++a)
        for (Index b = 0; b < a; ++b) G[k][b * rows() + a] = G[k][a * rows() + b];
    }
  }

  RowStore<Storage> stores_[2];
  bool symmetric_;
};

}  // namespace

std::unique_ptr<RankOneOperator> make_rank_one(Index measurements, Index d1, Index d2,
                                               const std::string& storage) {
  if (storage == "float64") return std::make_unique<RankOne<double>>(measurements, d1, d2);
  if (storage == "float32") return std::make_unique<RankOne<float>>(measurements, d1, d2);
  throw InvalidArgument("dtype", "'float64' or 'float32'", "'" + storage + "'");
}

}  // namespace ipgd
