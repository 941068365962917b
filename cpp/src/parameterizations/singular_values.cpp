// Alone in its file: Eigen's SVD takes a minute to compile at -O3 and 18 s at -O1, and runs as fast
// (d = 100: 2.6 ms against 2.4 ms). cmake/Core.cmake sets the level.
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
