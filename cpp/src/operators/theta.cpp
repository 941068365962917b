#include "ipgd/operators/theta.hpp"

#include <algorithm>

namespace ipgd {

void assemble(const ThetaView& theta, double* out) {
  MatrixMap result(out, theta.rows, theta.cols);
  if (theta.is_assembled()) {
    std::copy_n(theta.left, theta.rows * theta.cols, out);
    return;
  }
  const ConstMatrixMap left(theta.left, theta.rows, theta.rank);
  const ConstMatrixMap right(theta.right, theta.cols, theta.rank);
  if (theta.is_gram()) {
    result.triangularView<Eigen::Lower>().setZero();
    result.selfadjointView<Eigen::Lower>().rankUpdate(left);
    for (Index i = 0; i < theta.rows; ++i)
      for (Index j = 0; j < i; ++j) result(j, i) = result(i, j);
  } else {
    result.noalias() = left * right.transpose();
  }
}

}  // namespace ipgd
