#include "ipgd/operators/cotangent.hpp"

#include <algorithm>

#include "ipgd/base/chunks.hpp"
#include "ipgd/base/linear_algebra.hpp"

namespace ipgd {

void symmetrise(double* G, Index d) noexcept {
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < i; ++j)
      G[i * d + j] = G[j * d + i] = 0.5 * G[i * d + j] + 0.5 * G[j * d + i];
}

void apply_to_factors(double* G, bool symmetric, const ThetaView& view, const Cotangent& out,
                      const Execution& execution) {
  if (view.is_symmetric_product() && !symmetric) symmetrise(G, view.rows);
  apply_to_factors(G, view, out, execution);
}

void apply_to_factors(const double* G, const ThetaView& view, const Cotangent& out,
                      const Execution& execution) {
  const Index d1 = view.rows, d2 = view.cols, k = view.rank;
  if (view.is_assembled()) {
    if (out.left != nullptr) std::copy_n(G, d1 * d2, out.left);
    return;
  }
  const ConstMatrixMap g(G, d1, d2), L(view.left, d1, k), R(view.right, d2, k);
  if (out.left != nullptr) {
    MatrixMap left(out.left, d1, k);
    multiply(g, R, left, execution);
    if (view.is_symmetric_product()) left *= 2.0;
  }
  if (view.is_symmetric_product() || out.right == nullptr) return;
  MatrixMap right(out.right, d2, k);
  for_row_blocks(execution, d2, d1 * d2 * k, [&](Index begin, Index end) {
    right.middleRows(begin, end - begin).noalias() =
        g.middleCols(begin, end - begin).transpose() * L;
  });
}

}  // namespace ipgd
