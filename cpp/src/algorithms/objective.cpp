#include "ipgd/algorithms/objective.hpp"

#include <cmath>

#include "ipgd/base/sums.hpp"

namespace ipgd {

Objective::Objective(const Operator& op, const Parameterization& model, const double* y)
    : op_(op), model_(model), y_(y), norm_y_(std::sqrt(squared_norm(y, op.measurements()))) {
  model.check(op);
}

double Objective::loss(double squared_residual) const noexcept {
  return model_.loss_constant() / (2.0 * static_cast<double>(op_.measurements())) *
         squared_residual;
}

Objective::Point::Point(const Objective& objective)
    : workspace(objective.op().workspace(1)),
      residual(objective.op().measurements()),
      theta_gradient(checked_product({objective.op().rows(), objective.op().cols()})),
      gradient(objective.model().size()) {}

void Objective::evaluate(const double* theta, Point& point, const Execution& execution) const {
  const ThetaView view = model_.view(theta);
  double* const r = point.residual.data();
  double* const G = point.theta_gradient.data();
  op_.residual_adjoint(1, &view, &y_, &r, &G, *point.workspace, execution);
  if (model_.symmetric() && !op_.symmetric()) {
    // Only the symmetric part of A*(r) is seen by a symmetric Theta.
    for (Index i = 0; i < op_.rows(); ++i)
      for (Index j = 0; j < i; ++j)
        G[i * op_.cols() + j] = G[j * op_.cols() + i] =
            0.5 * G[i * op_.cols() + j] + 0.5 * G[j * op_.cols() + i];
  }
  const double scale = model_.loss_constant() / static_cast<double>(op_.measurements());
  model_.pull_back(theta, G, scale, point.gradient.data());

  const double squared = squared_norm(r, op_.measurements());
  point.residual_norm = std::sqrt(squared);
  point.loss = loss(squared);
  point.gradient_norm = std::sqrt(squared_norm(point.gradient.data(), model_.size()));
}

}  // namespace ipgd
