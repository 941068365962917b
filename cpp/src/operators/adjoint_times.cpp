#include "ipgd/operators/adjoint_times.hpp"

#include "ipgd/base/buffer.hpp"
#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

class BackProjection {
 public:
  BackProjection(const Operator& op, const double* r, Index k)
      : op_(op),
        r_(r),
        k_(k),
        workspace_(op.workspace(1)),
        zero_(Buffer<double>::zeros(size(std::max(op.rows(), op.cols())))),
        out_(size(std::max(op.rows(), op.cols()))) {}

  // A*(r) R, valid until the next call
  const double* times(const double* R, const Execution& execution) {
    return cotangent(zero_.data(), R, {out_.data(), nullptr}, execution);
  }
  // A*(r)ᵀ L
  const double* transposed_times(const double* L, const Execution& execution) {
    return cotangent(L, zero_.data(), {nullptr, out_.data()}, execution);
  }

 private:
  Index size(Index rows) const { return checked_product({rows, k_}); }

  const double* cotangent(const double* L, const double* R, const Cotangent& out,
                          const Execution& execution) {
    const auto view = ThetaView::product(L, R, op_.rows(), op_.cols(), k_);
    op_.cotangent(1, &r_, &view, &out, *workspace_, execution);
    return out_.data();
  }

  const Operator& op_;
  const double* r_;
  Index k_;
  std::unique_ptr<Operator::Workspace> workspace_;
  Buffer<double> zero_, out_;
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
