// Small dense algebra that every factor model needs.
#pragma once

#include <string>
#include <vector>

#include "ipgd/base/types.hpp"

namespace ipgd {

/// The `count` largest singular values, descending. Works on the matrix itself (not on its Gram
/// matrix), so values down to 1e-16 of the largest are meaningful.
Vector largest_singular_values(const Eigen::Ref<const Matrix>& matrix, Index count);

/// Frobenius norms of Q Qᵀ X and (I - Q Qᵀ) X for orthonormal Q.
struct Projection {
  double inside, outside;
};
Projection project(const Matrix& Q, const ConstMatrixMap& X);
/// (I - Q Qᵀ) X
Matrix outside(const Matrix& Q, const ConstMatrixMap& X);

/// out <- X diag(factors), as many columns as both have; the other columns are zero.
void fill_scaled_columns(const Matrix& X, const Vector& factors, MatrixMap out);

/// to <- scale from for the rows named, or all of them when null (`count` x `width`, row-major)
void scale_rows(double scale, const double* from, const std::vector<Index>* rows, Index count,
                Index width, double* to);

/// Throws InvalidArgument unless value >= 1.
void require_positive(const char* argument, Index value);

/// "3 x 4"
std::string shape_text(Index rows, Index cols);

}  // namespace ipgd
