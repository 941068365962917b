// Decompositions of small dense matrices, whose bits do not depend on a LAPACK and its threads.
#pragma once

#include "ipgd/base/types.hpp"

namespace ipgd {

/// X = vectors diag(values) vectorsᵀ for symmetric X, whose lower triangle is read.
/// Values descend.
struct Eigenpairs {
  Vector values;
  Matrix vectors;
};
Eigenpairs eigenpairs(const Eigen::Ref<const Matrix>& symmetric);

/// X = left diag(values) rightᵀ with orthonormal columns, as many as X has rows or columns,
/// whichever is less. Values descend; each is accurate to about 1e-15 of the largest.
struct Svd {
  Matrix left;
  Vector values;
  Matrix right;
};
Svd thin_svd(const Eigen::Ref<const Matrix>& matrix);

}  // namespace ipgd
