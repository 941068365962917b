// The few types everything else is written in.
#pragma once

#include <Eigen/Core>

#if !EIGEN_VERSION_AT_LEAST(3, 4, 0)
#error "ipgd needs Eigen 3.4 or newer"
#endif

namespace ipgd {

using Index = Eigen::Index;  // signed: differences of sizes are safe

/// A size or index that is not negative, as the standard library's containers want it.
constexpr std::size_t to_size(Index n) noexcept { return static_cast<std::size_t>(n); }

// Row-major like numpy, so that views cross the language border without a copy.
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1>;
using MatrixMap = Eigen::Map<Matrix>;
using ConstMatrixMap = Eigen::Map<const Matrix>;
using VectorMap = Eigen::Map<Vector>;
using ConstVectorMap = Eigen::Map<const Vector>;

}  // namespace ipgd
