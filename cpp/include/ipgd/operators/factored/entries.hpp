// Sampled entries: matrix completion without ever forming a d1 x d2 matrix.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/chunks.hpp"
#include "ipgd/operators/operator.hpp"

namespace ipgd {

/// Where the sampled entries lie, in tiles. Rows and columns are cut into blocks; a row block and a
/// column block make a tile. The entries of a tile follow each other, by row and then by column.
/// The cuts depend on the sizes alone. Rows and columns without entries are left out: the others
/// are numbered anew, and blocks are cut from these numbers.
///
/// A tile's rows of L, R and both gradients stay in cache, so random columns cost no trip to
/// memory. Tiles of one diagonal share no row and no column, so threads need no atomics and each
/// sum has one order.
class Tiles {
 public:
  /// Entry i lies at (row[i], col[i]). order[p] <- the entry that comes p-th in the order of the
  /// tiles. Throws InvalidArgument for an index out of range or sizes beyond 2^26.
  Tiles(Index d1, Index d2, Index count, const std::int64_t* row, const std::int64_t* col,
        Index* order);

  struct Place {
    std::uint16_t row, col;  // inside the tile
  };

  Index rows, cols;  // of the matrix
  Chunks row_blocks, col_blocks;
  /// The rows and columns that have entries; empty when all have.
  Seen seen;
  /// The row (column) of the matrix that has this number.
  Index row(Index i) const noexcept { return named(seen.rows, i); }
  Index col(Index j) const noexcept { return named(seen.cols, j); }
  Index size() const noexcept { return places_.size() - kAhead; }
  /// places() has kAhead more at its end, so that a loop may look ahead.
  static constexpr Index kAhead = 16;
  const Place* places() const noexcept { return places_.data(); }
  /// Entries [begin(I, J), end(I, J)) lie in tile (I, J).
  Index begin(Index I, Index J) const noexcept { return begin_.data()[I * col_blocks.count + J]; }
  Index end(Index I, Index J) const noexcept { return begin_.data()[I * col_blocks.count + J + 1]; }
  Index nbytes() const noexcept;
  /// Row and column of entry p in the matrix, by a binary search among the tiles.
  std::pair<Index, Index> where(Index p) const noexcept;

 private:
  static Index named(const std::vector<Index>& seen, Index i) noexcept {
    return seen.empty() ? i : seen[static_cast<std::size_t>(i)];
  }
  Buffer<Place> places_;
  Buffer<Index> begin_;
};

/// <A_i, Theta> = s Theta[row_i, col_i] with s = sqrt(d1 d2), so that E <A_i, Theta>^2 =
/// ||Theta||^2 for an entry drawn uniformly. An entry given twice counts twice.
///
/// Measurements are numbered in the order of the tiles. Where n1 rows and n2 columns have entries,
/// work and scratch are O((m + n1 + n2) k).
class EntriesOperator final : public Operator {
 public:
  explicit EntriesOperator(Tiles tiles);

  double scale() const noexcept { return scale_; }  // s
  /// Rows and columns of the measurements.
  void get_indices(std::int64_t* row, std::int64_t* col) const;

  Index measurements() const noexcept override { return tiles_.size(); }
  Index rows() const noexcept override { return tiles_.rows; }
  Index cols() const noexcept override { return tiles_.cols; }
  const Seen* seen() const noexcept override {
    return tiles_.seen.rows.empty() ? nullptr : &tiles_.seen;
  }
  Capabilities capabilities() const noexcept override {
    Capabilities able;
    able.dense = false;
    able.factored = able.rows = true;
    return able;
  }
  const char* storage() const noexcept override { return "indices"; }
  Index nbytes() const noexcept override { return tiles_.nbytes(); }
  bool is_small() const noexcept override {
    return tiles_.row_blocks.count == 1 && tiles_.col_blocks.count == 1;
  }

  /// Bytes of a workspace for one Theta of `rank` columns.
  Index pass_nbytes(Index rank) const;
  /// The first call with larger factors than before allocates.
  std::unique_ptr<Workspace> workspace(Index batch) const override;
  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace& workspace,
               const Execution& execution) const override;
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
               const Execution& execution) const override;
  void cotangent(Index batch, const double* const* r, const ThetaView* at, const Cotangent* out,
                 Workspace& workspace, const Execution& execution) const override;
  void residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                          const Cotangent* out, Workspace& workspace,
                          const Execution& execution) const override;

  /// Work O(count k), after the cotangent has been cleared; on the calling thread. Residuals have
  /// the bits of the full pass. Entries from all over the matrix miss the caches: each takes 80 to
  /// 90 ns, in the full pass 9 (50000 x 50000, 4 10^6 entries, rank 10; AMD Zen 4 with AVX-512,
  /// November 2026). Prefetching gained nothing.
  std::unique_ptr<Workspace> rows_workspace() const override;
  void residual_cotangent_rows(const Rows& some, const ThetaView& theta, Residual& residual,
                               const Cotangent& out, Workspace& workspace,
                               const Execution& execution) const override;

 private:
  template <class F>
  void for_tiles(Index batch, const Execution& execution, const F& f) const;
  template <class F>
  void for_entries(Index I, Index J, const F& f) const;
  template <class Pass>
  void add_up(Index batch, const ThetaView* theta, const Cotangent* out, Workspace& workspace,
              const Execution& execution, const Pass& pass) const;

  Tiles tiles_;
  double scale_;
};

}  // namespace ipgd
