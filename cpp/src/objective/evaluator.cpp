#include "ipgd/objective/evaluator.hpp"

namespace ipgd {

Evaluator::Evaluator(const Operator& op, Index capacity)
    : op_(op), workspace_(op.workspace(capacity)) {
  const std::size_t n = to_size(capacity);
  requests_.reserve(n);
  partial_.reserve(n);
  rows_workspaces_.resize(n);
  views_.reserve(n);
  residuals_.reserve(n);
  cotangents_.reserve(n);
}

void Evaluator::add(const Objective& objective, const double* theta, Evaluation& at) {
  add(objective, theta, at, {});
}

void Evaluator::add(const Objective& objective, const double* theta, Evaluation& at,
                    const Sample& sample) {
  if (!sample.rows.all()) {
    partial_.push_back({&objective, theta, &at, sample});
    return;
  }
  requests_.push_back({&objective, theta, &at, sample});
  views_.emplace_back();
  residuals_.push_back(objective.residual(at.residual.data()));
  cotangents_.push_back(at.cotangent());
}

void Evaluator::forget() {
  requests_.clear();
  partial_.clear();
  views_.clear();
  residuals_.clear();
  cotangents_.clear();
}

void Evaluator::evaluate(const Execution& execution) {
  try {
    pass_rows(execution);  // first, so that an interrupt here finds no new loss
    if (!requests_.empty()) pass(execution);
  } catch (...) {
    forget();
    throw;
  }
  forget();
}

void Evaluator::pass(const Execution& execution) {
  const auto count = static_cast<Index>(requests_.size());
  // Only the pass may be interrupted, so that an evaluation is either old or new as a whole.
  for_runs(execution.uninterrupted(), count, [&](Index k, const Execution& own) {
    const Request& request = requests_[to_size(k)];
    views_[to_size(k)] =
        request.objective->model().view(request.theta, request.at->scratch.data(), own);
  });
  op_.residual_cotangent(count, views_.data(), residuals_.data(), cotangents_.data(), *workspace_,
                         execution);
  for_runs(execution.uninterrupted(), count, [&](Index k, const Execution& own) {
    const Request& request = requests_[to_size(k)];
    request.objective->differentiate(request.theta, *request.at, residuals_[to_size(k)].totals,
                                     request.sample, own);
  });
}

void Evaluator::pass_rows(const Execution& execution) {
  for (std::size_t k = 0; k < partial_.size(); ++k)
    if (rows_workspaces_[k] == nullptr) rows_workspaces_[k] = op_.rows_workspace();
  const int n_threads = op_.capabilities().calling_thread_only ? 1 : execution.n_threads;
  for_runs({n_threads, execution.interrupt}, static_cast<Index>(partial_.size()),
           [&](Index k, const Execution& own) {
             const Request& request = partial_[to_size(k)];
             const Objective& objective = *request.objective;
             Evaluation& at = *request.at;
             const ThetaView view =
                 objective.model().view(request.theta, at.scratch.data(), own.uninterrupted());
             Residual residual = objective.residual(at.residual.data());
             op_.residual_cotangent_rows(request.sample.rows, view, residual, at.cotangent(),
                                         *rows_workspaces_[to_size(k)], own);
             objective.differentiate(request.theta, at, residual.totals, request.sample,
                                     own.uninterrupted());
           });
}

}  // namespace ipgd
