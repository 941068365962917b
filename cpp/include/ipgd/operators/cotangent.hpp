// The gradient with respect to Theta, as the factors of a view see it.
#pragma once

#include <vector>

#include "ipgd/base/execution.hpp"
#include "ipgd/operators/theta.hpp"

namespace ipgd {

/// Rows and columns of Theta that some measurement sees, ascending.
struct Seen {
  std::vector<Index> rows, cols;
};

/// G = df/dTheta as the factors of a view see it: <G, dTheta> = <left, dL> + <right, dR>. The
/// memory is the caller's, row-major. A side that is null is not wanted.
struct Cotangent {
  double* left = nullptr;   // G R, d1 x rank;  (G + Gᵀ) U for U Uᵀ;  G itself for an assembled view
  double* right = nullptr;  // Gᵀ L, d2 x rank;  not touched for U Uᵀ and for an assembled view
  /// What the operator sees, where the rows that it does not see are zero in this memory already
  /// and need not be visited. Null: all rows are written.
  const Seen* cleared = nullptr;
};

/// A cotangent to be read.
struct ConstCotangent {
  ConstCotangent(const double* left_, const double* right_, const Seen* cleared_ = nullptr)
      : left(left_), right(right_), cleared(cleared_) {}
  ConstCotangent(const Cotangent& from) : ConstCotangent(from.left, from.right, from.cleared) {}
  const double *left, *right;
  const Seen* cleared;
};

/// The cotangent from an assembled G (d1 x d2), which has to be symmetric where the view is U Uᵀ.
/// Threads share the work of one view.
void apply_to_factors(const double* G, const ThetaView& view, const Cotangent& out,
                      const Execution& execution);

/// The same from any G. Where the view is U Uᵀ and G is not `symmetric`, G is replaced by its
/// symmetric part, which has the same cotangent.
void apply_to_factors(double* G, bool symmetric, const ThetaView& view, const Cotangent& out,
                      const Execution& execution);

/// G <- (G + Gᵀ) / 2
void symmetrise(double* G, Index d) noexcept;

}  // namespace ipgd
