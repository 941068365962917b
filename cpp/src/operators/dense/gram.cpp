#include "ipgd/operators/dense/gram.hpp"

#include <cmath>

#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/sums.hpp"
#include "ipgd/operators/dense/stored.hpp"

namespace ipgd {
namespace {

class Triangular final : public Stored<TriangularStore, double, StoredOperator> {
  using Stored::Stored;
};

// The power of two that brings the largest stored entry to [1, 2): reflections square entries.
double normaliser(const DenseOperator& A) {
  Vector entries(A.layout().entries());
  double largest = 0;
  for (Index i = 0; i < A.measurements(); ++i) {
    A.get_stored(i, entries.data());
    largest = std::max(largest, entries.cwiseAbs().maxCoeff());
  }
  return largest > 0 ? std::ldexp(1.0, -std::ilogb(largest)) : 1.0;
}

Index stretch(Index measurements, Index entries) {
  return std::min(measurements, checked_product({3, entries + 1}));
}

}  // namespace

Gram gram(const DenseOperator& A, Index count, const double* const* y, const Execution& caller) {
  const Index m = A.measurements(), p = A.layout().entries();
  // About a millisecond of one thread, below which barriers cost more than threads bring.
  const bool brief =
      2.0 * static_cast<double>(m) * static_cast<double>(p) * static_cast<double>(p) < 1e8;
  const Execution execution{brief ? 1 : caller.n_threads, caller.interrupt};
  const double scale = normaliser(A);
  Gram result;
  result.measurements.resize(to_size(count));

  // W = [R | z_1 ... z_count], which takes in a stretch of [A | y_1 ... y_count] at a time.
  Eigen::MatrixXd W(stretch(m, p), p + count);
  Index kept = 0;
  for (Index i = 0; i < m;) {
    const Index taken = std::min(W.rows() - kept, m - i), rows = kept + taken;
    constexpr Index kRows = 16;  // of A at a time, since W is column-major
    parallel_for(execution, (taken + kRows - 1) / kRows, [&](Index c) {
      Vector entries(p);
      for (Index b = c * kRows; b < std::min(taken, (c + 1) * kRows); ++b) {
        A.get_stored(i + b, entries.data());
        W.row(kept + b).head(p) = scale * entries.transpose();
        for (Index k = 0; k < count; ++k) W(kept + b, p + k) = y[k][i + b];
      }
    });
    triangularise(W.topRows(rows), p, execution);
    kept = std::min(rows, p);
    W.topLeftCorner(kept, p).triangularView<Eigen::StrictlyLower>().setZero();
    for (Index k = 0; k < count; ++k) {
      double& rest = result.measurements[to_size(k)].rest;
      rest = std::hypot(rest, norm(W.col(p + k).data() + kept, rows - kept));
    }
    i += taken;
  }

  TriangularStore R(W.data(), kept, p, W.rows(), 1 / scale);
  for (Index k = 0; k < count; ++k) {
    std::vector<double>& z = result.measurements[to_size(k)].z;
    z.assign(to_size(R.rows()), 0.0);
    for (Index i = 0; i < kept; ++i) z[to_size(R.position(i))] = W(i, p + k);
  }
  result.op = std::make_unique<Triangular>(A.layout(), std::move(R));
  return result;
}

std::unique_ptr<StoredOperator> make_triangular(Index rows, const Layout& layout) {
  return std::make_unique<Triangular>(layout, TriangularStore(rows, layout.entries()));
}

Index gram_nbytes(Index measurements, Index entries) {
  return TriangularStore::nbytes(std::min(measurements, entries), entries);
}

Index gram_work_nbytes(Index measurements, Index entries, Index count) {
  return checked_product({stretch(measurements, entries), entries + count, 8}) +
         gram_nbytes(measurements, entries);
}

}  // namespace ipgd
