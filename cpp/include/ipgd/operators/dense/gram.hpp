// A smaller operator with the same Gram A*A.
#pragma once

#include "ipgd/operators/dense/dense.hpp"

namespace ipgd {

/// What stands for y: A(Theta) - y and R(Theta) - z have the same back-projection, and
/// ||A(Theta) - y||^2 = ||R(Theta) - z||^2 + rest^2.
struct ReducedMeasurements {
  std::vector<double> z;
  double rest = 0;
};

struct Gram {
  std::unique_ptr<StoredOperator> op;  // R
  std::vector<ReducedMeasurements> measurements;
};

/// R of A = Q R (float64, R* R = A* A, packed p(p+1)/2 numbers for p stored entries a row) and
/// z = Qᵀ y for `count` vectors y. Nothing is squared, so gradients and losses keep the accuracy
/// that they have with A. Costs about 2 m p^2 flops, once. Throws Interrupted.
Gram gram(const DenseOperator& A, Index count, const double* const* y, const Execution& execution);

/// An operator of the kind of R, of the same layout, with `rows` rows of zeros: it can take in the
/// content of another.
std::unique_ptr<StoredOperator> make_triangular(Index rows, const Layout& layout);

/// Bytes that R would take.
Index gram_nbytes(Index measurements, Index entries);
/// Bytes that making it takes, R included.
Index gram_work_nbytes(Index measurements, Index entries, Index count);

}  // namespace ipgd
