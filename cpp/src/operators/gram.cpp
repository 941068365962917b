#include "ipgd/operators/gram.hpp"

#include <cmath>

#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/operators/stored.hpp"

namespace ipgd {
namespace {

class Triangular final : public Stored<TriangularStore, double, StoredOperator> {
  using Stored::Stored;
};

}  // namespace

Gram gram(const DenseOperator& A, Index count, const double* const* y, const Execution& execution) {
  const Index m = A.measurements(), p = A.layout().entries();
  Gram result;
  result.measurements.resize(static_cast<std::size_t>(count));

  // W = [R | z_1 ... z_count], which takes in a stretch of [A | y_1 ... y_count] at a time.
  const Index stretch = std::min(m, checked_product({3, p + 1}));
  Eigen::MatrixXd W(stretch, checked_product({1, p + count}));
  for (Index i = 0, kept = 0; i < m;) {
    const Index taken = std::min(stretch - kept, m - i);
    W.conservativeResize(kept + taken, Eigen::NoChange);
    constexpr Index kRows = 16;  // of A at a time, since W is column-major
    parallel_for(execution, (taken + kRows - 1) / kRows, [&](Index c) {
      Vector entries(p);
      for (Index b = c * kRows; b < std::min(taken, (c + 1) * kRows); ++b) {
        A.get_stored(i + b, entries.data());
        W.row(kept + b).head(p) = entries.transpose();
        for (Index k = 0; k < count; ++k) W(kept + b, p + k) = y[k][i + b];
      }
    });
    triangularise(W, p, execution);
    kept = std::min(W.rows(), p);
    W.topLeftCorner(kept, p).triangularView<Eigen::StrictlyLower>().setZero();
    for (Index k = 0; k < count; ++k) {
      double& rest = result.measurements[static_cast<std::size_t>(k)].rest;
      rest = std::hypot(rest, norm(W.col(p + k).data() + kept, W.rows() - kept));
    }
    i += taken;
  }

  const Index rank = std::min(W.rows(), p);
  TriangularStore R(W.data(), rank, p, W.rows());
  for (Index k = 0; k < count; ++k) {
    std::vector<double>& z = result.measurements[static_cast<std::size_t>(k)].z;
    z.assign(static_cast<std::size_t>(R.rows()), 0.0);
    for (Index i = 0; i < rank; ++i) z[static_cast<std::size_t>(R.position(i))] = W(i, p + k);
  }
  result.op = std::make_unique<Triangular>(A.layout(), std::move(R));
  return result;
}

Index gram_nbytes(Index measurements, Index entries) {
  const Index rows = std::min(measurements, entries);
  return (checked_product({rows, entries}) - rows * (rows - 1) / 2) *
         static_cast<Index>(sizeof(double));
}

}  // namespace ipgd
