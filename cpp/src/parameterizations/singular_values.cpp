// Alone in its file, which is compiled at -O1 (cmake/Core.cmake): Eigen's SVD takes several times
// as long to compile at -O3 and runs hardly faster.
#include <Eigen/SVD>
#include <cmath>

#include "ipgd/parameterizations/linear_algebra.hpp"

namespace ipgd {

Vector largest_singular_values(const Eigen::Ref<const Matrix>& matrix, Index count) {
  // Column-major: only this instantiation of the SVD is compiled.
  const Eigen::BDCSVD<Eigen::MatrixXd> svd{Eigen::MatrixXd(matrix)};
  if (svd.info() != Eigen::Success) return Vector::Constant(count, NAN);  // entries not finite
  return svd.singularValues().head(count);
}

}  // namespace ipgd
