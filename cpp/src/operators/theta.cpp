#include "ipgd/operators/theta.hpp"

#include <algorithm>

#include "ipgd/base/chunks.hpp"

namespace ipgd {

void assemble(const ThetaView& theta, double* out) {
  MatrixMap result(out, theta.rows, theta.cols);
  if (theta.is_assembled()) {
    std::copy_n(theta.left, theta.rows * theta.cols, out);
    return;
  }
  // In the blocks of an operator's pass, so that both have the same bits.
  for_row_blocks({}, theta.rows, 0, [&](Index begin, Index end) {
    assemble_rows(theta, begin, end, theta.is_symmetric_product() ? end : theta.cols, out);
  });
  if (theta.is_symmetric_product())
    for (Index i = 0; i < theta.rows; ++i)
      for (Index j = 0; j < i; ++j) result(j, i) = result(i, j);
}

void assemble_rows(const ThetaView& theta, Index begin, Index end, Index cols, double* out) {
  const ConstMatrixMap left(theta.left, theta.rows, theta.rank);
  const ConstMatrixMap right(theta.right, theta.cols, theta.rank);
  MatrixMap(out, theta.rows, theta.cols).block(begin, 0, end - begin, cols).noalias() =
      left.middleRows(begin, end - begin) * right.topRows(cols).transpose();
}

Assembled::Assembled(Index count, const ThetaView* theta) : views_(theta, theta + count) {
  for (ThetaView& view : views_) {
    if (view.is_assembled()) continue;
    Buffer<double> matrix(checked_product({view.rows, view.cols}));
    assemble(view, matrix.data());
    view = ThetaView::assembled(matrix.data(), view.rows, view.cols);
    memory_.push_back(std::move(matrix));
  }
}

}  // namespace ipgd
