// Many evaluations of f in one pass over A.
#pragma once

#include <vector>

#include "ipgd/objective/objective.hpp"

namespace ipgd {

/// Evaluates several objectives of one operator in one pass over A. Objectives on some of the
/// measurements are evaluated one by one.
class Evaluator {
 public:
  /// For up to `capacity` objectives at once; allocates everything the passes need.
  Evaluator(const Operator& op, Index capacity);

  /// Asks for f and its gradient of `objective`, whose operator is this one, at theta.
  void add(const Objective& objective, const double* theta, Evaluation& at);
  /// The same of f_S; of f where `sample` names no rows.
  void add(const Objective& objective, const double* theta, Evaluation& at, const Sample& sample);
  /// Does all evaluations that were asked for, and forgets them. Throws Interrupted; evaluations on
  /// all measurements then keep their old losses and norms.
  void evaluate(const Execution& execution);

 private:
  struct Request {
    const Objective* objective;
    const double* theta;
    Evaluation* at;
    Sample sample;
  };
  void pass(const Execution& execution);
  void pass_rows(const Execution& execution);
  void forget();
  const Operator& op_;
  std::unique_ptr<Operator::Workspace> workspace_;
  std::vector<Request> requests_, partial_;  // for all measurements, and for some
  std::vector<std::unique_ptr<Operator::Workspace>> rows_workspaces_;  // made when first needed
  // The operator's batch: one entry per request.
  std::vector<ThetaView> views_;
  std::vector<Residual> residuals_;
  std::vector<Cotangent> cotangents_;
};

}  // namespace ipgd
