#include "ipgd/parameterizations/differential.hpp"

#include "ipgd/base/buffer.hpp"

namespace ipgd {

void differential(const Parameterization& model, const double* theta, const double* v, double* out,
                  const Execution& execution) {
  Buffer<double> scratch(model.scratch_size()), work(model.tangent_size());
  const ThetaView at = model.view(theta, scratch.data(), execution);
  const ThetaView along = model.tangent(theta, v, scratch.data(), work.data(), execution);
  if (along.is_assembled()) return assemble(along, out);
  const auto factor = [](const double* data, Index rows, Index rank) {
    return ConstMatrixMap(data, rows, rank);
  };
  MatrixMap result(out, model.rows(), model.cols());
  result.noalias() =
      factor(along.left, along.rows, along.rank) * factor(at.right, at.cols, at.rank).transpose();
  result.noalias() +=
      factor(at.left, at.rows, at.rank) * factor(along.right, along.cols, along.rank).transpose();
}

}  // namespace ipgd
