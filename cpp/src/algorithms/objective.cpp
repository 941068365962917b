#include "ipgd/algorithms/objective.hpp"

#include <cmath>

#include "ipgd/base/sums.hpp"

namespace ipgd {

Objective::Objective(const Operator& op, const Parameterization& model, const double* y)
    : Objective(op, model, y, {op.measurements(), norm(y, op.measurements()), 0}) {}

Objective::Objective(const Operator& op, const Parameterization& model, const double* y,
                     const Original& original)
    : op_(op), model_(model), y_(y), original_(original) {
  model.check(op);
}

double Objective::loss(double residual_norm) const noexcept {
  const double m = static_cast<double>(original_.measurements);
  return model_.loss_constant() / (2.0 * m) * residual_norm * residual_norm;
}

Objective::Point::Point(const Objective& objective)
    : residual(objective.op().measurements()),
      theta_gradient(checked_product({objective.op().rows(), objective.op().cols()})),
      gradient(objective.model().size()) {}

void Objective::differentiate(const double* theta, Point& point, const Execution& execution) const {
  double* const G = point.theta_gradient.data();
  if (model_.symmetric() && !op_.symmetric()) {
    // Only the symmetric part of A*(r) is seen by a symmetric Theta.
    for (Index i = 0; i < op_.rows(); ++i)
      for (Index j = 0; j < i; ++j)
        G[i * op_.cols() + j] = G[j * op_.cols() + i] =
            0.5 * G[i * op_.cols() + j] + 0.5 * G[j * op_.cols() + i];
  }
  const double scale = model_.loss_constant() / static_cast<double>(original_.measurements);
  model_.pull_back(theta, G, scale, point.gradient.data(), execution);

  const double reached = norm(point.residual.data(), op_.measurements());
  point.residual_norm = original_.rest > 0 ? std::hypot(reached, original_.rest) : reached;
  point.loss = loss(point.residual_norm);
  point.gradient_norm = norm(point.gradient.data(), model_.size());
}

Evaluator::Evaluator(const Operator& op, Index capacity)
    : op_(op), workspace_(op.workspace(capacity)) {
  const auto n = static_cast<std::size_t>(capacity);
  requests_.reserve(n);
  views_.reserve(n);
  y_.reserve(n);
  residuals_.reserve(n);
  gradients_.reserve(n);
}

void Evaluator::add(const Objective& objective, const double* theta, Objective::Point& point) {
  requests_.push_back({&objective, theta, &point});
  views_.push_back(objective.model().view(theta));
  y_.push_back(objective.y());
  residuals_.push_back(point.residual.data());
  gradients_.push_back(point.theta_gradient.data());
}

void Evaluator::evaluate(const Execution& execution) {
  const auto forget = [&] {
    requests_.clear();
    views_.clear();
    y_.clear();
    residuals_.clear();
    gradients_.clear();
  };
  try {
    op_.residual_adjoint(static_cast<Index>(requests_.size()), views_.data(), y_.data(),
                         residuals_.data(), gradients_.data(), *workspace_, execution);
  } catch (...) {
    forget();
    throw;
  }
  // Not interrupted: a run's point is either the old one or the new one.
  const Execution calm{execution.n_threads, nullptr};
  const auto differentiate = [&](Index k, const Execution& own) {
    const Request& request = requests_[static_cast<std::size_t>(k)];
    request.objective->differentiate(request.theta, *request.point, own);
  };
  if (requests_.size() == 1)
    differentiate(0, calm);
  else
    parallel_for(calm, static_cast<Index>(requests_.size()),
                 [&](Index k) { differentiate(k, Execution{}); });
  forget();
}

}  // namespace ipgd
