// f(theta) = c/(2m) ||A(Theta(theta)) - y||^2 and its gradient: operator x parameterization.
#pragma once

#include "ipgd/base/buffer.hpp"
#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// What y was before a Gram took the place of the operator; see gram.hpp.
struct Original {
  Index measurements;  // m
  double norm_y;
  double rest;  // ||A(Theta) - y||^2 = ||residual||^2 + rest^2
};

/// Some of the measurements: f_S(theta) = c/(2 of) sum over the rows of S.
struct Sample {
  Rows rows;
  Index of = 0;
};

class Objective {
 public:
  /// Keeps references: operator, parameterization and y (one number a measurement of the operator)
  /// must outlive the objective. Throws InvalidArgument when the model cannot be measured by the
  /// operator.
  Objective(const Operator& op, const Parameterization& model, const double* y);
  Objective(const Operator& op, const Parameterization& model, const double* y,
            const Original& original);

  const Operator& op() const noexcept { return op_; }
  const Parameterization& model() const noexcept { return model_; }
  const double* y() const noexcept { return y_; }
  double norm_y() const noexcept { return original_.norm_y; }
  /// The parameters that f depends on; its gradient is zero elsewhere.
  const Ranges& parameters() const noexcept { return parameters_; }
  /// f where ||A(Theta) - y|| = residual_norm.
  double loss(double residual_norm) const noexcept;

  /// What an evaluation leaves behind.
  struct Point {
    explicit Point(const Objective& objective);
    /// Of up to `rows` measurements.
    Point(const Objective& objective, Index rows);

    /// Where the operator puts the cotangent.
    Cotangent cotangent() noexcept { return {left.data(), right.data(), seen}; }

    Buffer<double> residual;     // r = A(Theta) - y,  m
    Buffer<double> left, right;  // of the factors under A*(r)
    Buffer<double> gradient;     // grad f,  size of theta
    Buffer<double> scratch;      // the model's
    const Seen* seen;            // by the operator: cotangent and gradient are zero elsewhere
    double loss = 0, residual_norm = 0, gradient_norm = 0;
    double root_loss = 0;  // sqrt(loss), which neither overflows nor underflows
  };

  /// The second half of an evaluation: loss and grad f from the residual and cotangent in `point`.
  void differentiate(const double* theta, Point& point, const Execution& execution) const;
  /// The same of f_S.
  void differentiate(const double* theta, Point& point, const Sample& sample,
                     const Execution& execution) const;

 private:
  const Operator& op_;
  const Parameterization& model_;
  const double* y_;
  Original original_;
  Ranges parameters_;
};

/// Evaluates several objectives of one operator in one pass over A. Those on some of the
/// measurements are evaluated one by one.
class Evaluator {
 public:
  /// For up to `capacity` objectives at once; allocates everything the passes need.
  Evaluator(const Operator& op, Index capacity);

  /// Asks for the loss and gradient of `objective`, whose operator is this one, at theta.
  void add(const Objective& objective, const double* theta, Objective::Point& point);
  /// The same of f_S; of f where `sample` names no rows.
  void add(const Objective& objective, const double* theta, Objective::Point& point,
           const Sample& sample);
  /// Fills the points of all that were added, and forgets them. Throws Interrupted, which leaves
  /// the losses and norms of those on all measurements as they were.
  void evaluate(const Execution& execution);

 private:
  struct Request {
    const Objective* objective;
    const double* theta;
    Objective::Point* point;
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
  std::vector<const double*> y_;
  std::vector<double*> residuals_;
  std::vector<Cotangent> cotangents_;
};

}  // namespace ipgd
