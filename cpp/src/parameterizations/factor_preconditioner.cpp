#include "ipgd/parameterizations/factor_preconditioner.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

namespace ipgd {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

}  // namespace

FactorPreconditioner::FactorPreconditioner(std::vector<Pair> pairs, Index k, Inverse inverse)
    : pairs_(std::move(pairs)), inverse_(inverse), gram_(k, k), work_(k, k), diagonal_(k) {}

bool FactorPreconditioner::apply(const double* theta, const double* gradient, double damping,
                                 double* out) {
  const Index k = gram_.rows();
  for (const Pair& pair : pairs_) {
    const ConstMatrixMap F(theta + pair.factor_begin, pair.factor_rows, k);
    const ConstMatrixMap g(gradient + pair.begin, pair.rows, k);
    MatrixMap to(out + pair.begin, pair.rows, k);
    gram_.noalias() = F.transpose() * F;
    gram_.diagonal().array() += damping;
    if (apply_exact(g, to)) continue;
    if (inverse_ == Inverse::exact) return false;
    apply_pseudo(g, to);
  }
  return true;
}

// out <- gradient gram^{-1} by Cholesky: gram = C Cᵀ
bool FactorPreconditioner::apply_exact(const ConstMatrixMap& gradient, MatrixMap& out) {
  work_ = gram_;
  const Eigen::LLT<Eigen::Ref<Matrix>> cholesky(work_);
  if (cholesky.info() != Eigen::Success) return false;
  // A pivot is what is left of a diagonal entry; rounding leaves k eps of it.
  const double least = static_cast<double>(gram_.rows()) * kEpsilon;
  for (Index j = 0; j < gram_.rows(); ++j)
    if (!(work_(j, j) * work_(j, j) > least * gram_(j, j))) return false;
  out = gradient;
  cholesky.matrixU().solveInPlace<Eigen::OnTheRight>(out);
  cholesky.matrixL().solveInPlace<Eigen::OnTheRight>(out);
  return true;
}

// out <- gradient gram^+: gram = Q diag(w) Qᵀ, w_j at the level of rounding counts as zero
void FactorPreconditioner::apply_pseudo(const ConstMatrixMap& gradient, MatrixMap& out) {
  const Index k = gram_.rows();
  symmetric_eigen(gram_, work_, diagonal_);
  const double least = static_cast<double>(k) * kEpsilon * diagonal_.maxCoeff();
  for (Index j = 0; j < k; ++j)
    work_.col(j) *= diagonal_[j] > least ? 1 / std::sqrt(diagonal_[j]) : 0.0;
  gram_.noalias() = work_ * work_.transpose();
  out.noalias() = gradient * gram_;
}

void symmetric_eigen(Matrix& A, Matrix& Q, Vector& values) {
  const Index k = A.rows();
  Q.setIdentity(k, k);
  constexpr int kMostSweeps = 40;  // it takes about ten
  bool rotated = true;
  for (int sweep = 0; sweep < kMostSweeps && rotated; ++sweep) {
    rotated = false;
    for (Index p = 0; p < k; ++p) {
      for (Index q = p + 1; q < k; ++q) {
        if (!(std::abs(A(p, q)) > kEpsilon * std::sqrt(std::abs(A(p, p) * A(q, q))))) continue;
        rotated = true;
        // The rotation by the angle with tan = t makes A(p, q) zero.
        const double ratio = (A(q, q) - A(p, p)) / (2 * A(p, q));
        const double t = std::copysign(1 / (std::abs(ratio) + std::hypot(1.0, ratio)), ratio);
        const double c = 1 / std::hypot(1.0, t), s = t * c;
        const auto rotate = [c, s](double& a, double& b) {
          const double old = a;
          a = c * old - s * b;
          b = s * old + c * b;
        };
        for (Index j = 0; j < k; ++j) rotate(A(p, j), A(q, j));
        for (Index j = 0; j < k; ++j) rotate(A(j, p), A(j, q));
        for (Index j = 0; j < k; ++j) rotate(Q(j, p), Q(j, q));
      }
    }
  }
  values = A.diagonal();
}

}  // namespace ipgd
