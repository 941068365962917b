#include "ipgd/operators/adjoint_times.hpp"

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

// The cotangent at Theta = 0 for y = -r: the residual there is r.
class BackProjection {
 public:
  BackProjection(const Operator& op, const double* r, Index k)
      : op_(op),
        k_(k),
        workspace_(op.workspace(1)),
        zero_(Buffer<double>::zeros(size(std::max(op.rows(), op.cols())))),
        left_(size(op.rows())),
        right_(size(op.cols())),
        y_(op.measurements()),
        residual_(op.measurements()) {
    for (Index i = 0; i < op.measurements(); ++i) y_.data()[i] = -r[i];
  }

  // A*(r) R, valid until the next call
  const double* times(const double* R, const Execution& execution) {
    return cotangent(zero_.data(), R, execution).left;
  }
  // A*(r)ᵀ L
  const double* transposed_times(const double* L, const Execution& execution) {
    return cotangent(L, zero_.data(), execution).right;
  }

 private:
  Index size(Index rows) const { return checked_product({rows, k_}); }

  Cotangent cotangent(const double* L, const double* R, const Execution& execution) {
    const auto theta = ThetaView::product(L, R, op_.rows(), op_.cols(), k_);
    const Cotangent out{left_.data(), right_.data()};
    const double* const y = y_.data();
    double* const r = residual_.data();
    op_.residual_cotangent(1, &theta, &y, &r, &out, *workspace_, execution);
    return out;
  }

  const Operator& op_;
  Index k_;
  std::unique_ptr<Operator::Workspace> workspace_;
  Buffer<double> zero_, left_, right_, y_, residual_;
};

// x / ||x|| and the norm; zero stays zero
double normalise(const double* x, Index n, Vector& unit) {
  const double length = norm(x, n);
  unit.resize(n);
  for (Index j = 0; j < n; ++j) unit[j] = length > 0 ? x[j] / length : 0;
  return length;
}

}  // namespace

void adjoint_times(const Operator& op, const double* r, const double* F, Index k, bool transposed,
                   double* out, const Execution& execution) {
  BackProjection back(op, r, k);
  const double* const result =
      transposed ? back.transposed_times(F, execution) : back.times(F, execution);
  std::copy_n(result, (transposed ? op.cols() : op.rows()) * k, out);
}

SingularTriplet leading_triplet(const Operator& op, const double* r, double tolerance,
                                const Execution& execution) {
  BackProjection back(op, r, 1);
  SingularTriplet top;
  const Vector first = fixed_gaussian_vector(op.cols()).cast<double>();
  normalise(first.data(), first.size(), top.v);
  top.sigma = power_iteration(
      tolerance, execution,
      [&] { return normalise(back.times(top.v.data(), execution), op.rows(), top.u); },
      [&] { normalise(back.transposed_times(top.u.data(), execution), op.cols(), top.v); });
  return top;
}

}  // namespace ipgd
