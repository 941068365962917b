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
  if (op.factored() && model.view_rank() == 0)
    throw InvalidArgument("parameterization",
                          "a model whose Theta is a product of factors, for an operator that does "
                          "not form Theta",
                          model.name());
}

double Objective::loss(double residual_norm) const noexcept {
  const double m = static_cast<double>(original_.measurements);
  return model_.loss_constant() / (2.0 * m) * residual_norm * residual_norm;
}

Objective::Point::Point(const Objective& objective)
    : residual(objective.op().measurements()),
      left(checked_product({objective.model().rows(), objective.model().view_rank() > 0
                                                          ? objective.model().view_rank()
                                                          : objective.model().cols()})),
      right(checked_product({objective.model().cols(), objective.model().view_rank()})),
      gradient(objective.model().size()),
      scratch(objective.model().scratch_size()) {}

void Objective::differentiate(const double* theta, Point& point, const Execution& execution) const {
  const double scale = model_.loss_constant() / static_cast<double>(original_.measurements);
  model_.pull_back(theta, point.cotangent(), scale, point.scratch.data(), point.gradient.data(),
                   execution);

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
  cotangents_.reserve(n);
}

void Evaluator::add(const Objective& objective, const double* theta, Objective::Point& point) {
  requests_.push_back({&objective, theta, &point});
  views_.emplace_back();
  y_.push_back(objective.y());
  residuals_.push_back(point.residual.data());
  cotangents_.push_back(point.cotangent());
}

void Evaluator::evaluate(const Execution& execution) {
  const auto forget = [&] {
    requests_.clear();
    views_.clear();
    y_.clear();
    residuals_.clear();
    cotangents_.clear();
  };
  const auto count = static_cast<Index>(requests_.size());
  // Only the pass is interrupted: a run's point is either the old one or the new one.
  const Execution calm{execution.n_threads, nullptr};
  // Threads share the runs, or the work of one.
  const auto for_requests = [&](const auto& body) {
    if (count == 1)
      body(Index{0}, calm);
    else
      parallel_for(calm, count, [&](Index k) { body(k, Execution{}); });
  };
  for_requests([&](Index k, const Execution& own) {
    const Request& request = requests_[static_cast<std::size_t>(k)];
    views_[static_cast<std::size_t>(k)] = request.objective->model().view(
        request.theta, request.point->scratch.data(), own);
  });
  try {
    op_.residual_cotangent(count, views_.data(), y_.data(), residuals_.data(), cotangents_.data(),
                           *workspace_, execution);
  } catch (...) {
    forget();
    throw;
  }
  for_requests([&](Index k, const Execution& own) {
    const Request& request = requests_[static_cast<std::size_t>(k)];
    request.objective->differentiate(request.theta, *request.point, own);
  });
  forget();
}

}  // namespace ipgd
