// The metric of factor models: the Gram matrix of the other factor.
#pragma once

#include <vector>

#include "ipgd/base/buffer.hpp"
#include "ipgd/parameterizations/preconditioner.hpp"

namespace ipgd {

/// out_b = gradient_b (F_bᵀ F_b + damping I)^{-1} for blocks b with k columns, where F_b is the
/// factor that block b is multiplied by in Theta (Tong, Ma, Chi 2021, arXiv 2005.08898).
class FactorPreconditioner final : public Preconditioner {
 public:
  struct Pair {
    Index begin, rows;                // block b: where it begins in theta, and its rows
    Index factor_begin, factor_rows;  // F_b
  };
  FactorPreconditioner(std::vector<Pair> pairs, Index k, Inverse inverse);

  bool apply(const double* theta, const double* gradient, double damping, double* out) override;

 private:
  bool apply_exact(const ConstMatrixMap& gradient, MatrixMap& out);
  void apply_pseudo(const ConstMatrixMap& gradient, MatrixMap& out);

  std::vector<Pair> pairs_;
  Inverse inverse_;
  Matrix gram_;      // k x k
  Matrix work_;      // k x k: the Cholesky factor, or eigenvectors
  Vector diagonal_;  // k
};

/// Eigenvalues (into `values`) and eigenvectors (columns of `vectors`) of a symmetric matrix by
/// Jacobi's rotations. The matrix is destroyed; nothing is allocated.
void symmetric_eigen(Matrix& matrix, Matrix& vectors, Vector& values);

}  // namespace ipgd
