#include "ipgd/objective/objective.hpp"

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
    : Point(objective, objective.op().measurements()) {}

Objective::Point::Point(const Objective& objective, Index rows)
    : residual(rows),
      left(checked_product({objective.model().rows(), objective.model().view_rank() > 0
                                                          ? objective.model().view_rank()
                                                          : objective.model().cols()})),
      right(checked_product({objective.model().cols(), objective.model().view_rank()})),
      gradient(objective.model().size()),
      scratch(objective.model().scratch_size()) {}

void Objective::differentiate(const double* theta, Point& point, const Execution& execution) const {
  differentiate(theta, point, {{}, original_.measurements}, execution);
}

void Objective::differentiate(const double* theta, Point& point, const Sample& sample,
                              const Execution& execution) const {
  const double n = static_cast<double>(sample.of);
  model_.pull_back(theta, point.cotangent(), model_.loss_constant() / n, point.scratch.data(),
                   point.gradient.data(), execution);

  const bool all = sample.rows.all();
  const double reached = norm(point.residual.data(), all ? op_.measurements() : sample.rows.count);
  point.residual_norm = all && original_.rest > 0 ? std::hypot(reached, original_.rest) : reached;
  point.loss = model_.loss_constant() / (2.0 * n) * point.residual_norm * point.residual_norm;
  point.root_loss = std::sqrt(model_.loss_constant() / (2.0 * n)) * point.residual_norm;
  point.gradient_norm = norm(point.gradient.data(), model_.size());
}

Evaluator::Evaluator(const Operator& op, Index capacity)
    : op_(op), workspace_(op.workspace(capacity)) {
  const auto n = static_cast<std::size_t>(capacity);
  requests_.reserve(n);
  partial_.reserve(n);
  rows_workspaces_.resize(n);
  views_.reserve(n);
  y_.reserve(n);
  residuals_.reserve(n);
  cotangents_.reserve(n);
}

void Evaluator::add(const Objective& objective, const double* theta, Objective::Point& point) {
  add(objective, theta, point, {});
}

void Evaluator::add(const Objective& objective, const double* theta, Objective::Point& point,
                    const Sample& sample) {
  if (!sample.rows.all()) {
    partial_.push_back({&objective, theta, &point, sample});
    return;
  }
  requests_.push_back({&objective, theta, &point, sample});
  views_.emplace_back();
  y_.push_back(objective.y());
  residuals_.push_back(point.residual.data());
  cotangents_.push_back(point.cotangent());
}

void Evaluator::forget() {
  requests_.clear();
  partial_.clear();
  views_.clear();
  y_.clear();
  residuals_.clear();
  cotangents_.clear();
}

namespace {

// Threads share the runs, or the work of one.
template <class Body>
void for_runs(Index count, const Execution& execution, const Body& body) {
  if (count == 1) {
    body(std::size_t{0}, execution);
    return;
  }
  SharedInterrupt interrupt(execution.interrupt);
  parallel_for({execution.n_threads, &interrupt}, count,
               [&](Index k) { body(static_cast<std::size_t>(k), Execution{1, &interrupt}); });
}

}  // namespace

void Evaluator::evaluate(const Execution& execution) {
  try {
    pass_rows(execution);  // first: an interrupt after the other pass would find new losses
    if (!requests_.empty()) pass(execution);
  } catch (...) {
    forget();
    throw;
  }
  forget();
}

void Evaluator::pass(const Execution& execution) {
  const auto count = static_cast<Index>(requests_.size());
  // Only the pass is interrupted: a run's point is either the old one or the new one.
  const Execution calm{execution.n_threads, nullptr};
  for_runs(count, calm, [&](std::size_t k, const Execution& own) {
    const Request& request = requests_[k];
    views_[k] = request.objective->model().view(request.theta, request.point->scratch.data(), own);
  });
  op_.residual_cotangent(count, views_.data(), y_.data(), residuals_.data(), cotangents_.data(),
                         *workspace_, execution);
  for_runs(count, calm, [&](std::size_t k, const Execution& own) {
    const Request& request = requests_[k];
    request.objective->differentiate(request.theta, *request.point, own);
  });
}

void Evaluator::pass_rows(const Execution& execution) {
  for (std::size_t k = 0; k < partial_.size(); ++k)
    if (rows_workspaces_[k] == nullptr) rows_workspaces_[k] = op_.rows_workspace();
  for_runs(static_cast<Index>(partial_.size()), execution,
           [&](std::size_t k, const Execution& own) {
             const Request& request = partial_[k];
             Objective::Point& point = *request.point;
             const Execution calm{own.n_threads, nullptr};
             const ThetaView view =
                 request.objective->model().view(request.theta, point.scratch.data(), calm);
             op_.residual_cotangent_rows(request.sample.rows, view, request.objective->y(),
                                         point.residual.data(), point.cotangent(),
                                         *rows_workspaces_[k], own);
             request.objective->differentiate(request.theta, point, request.sample, calm);
           });
}

}  // namespace ipgd
