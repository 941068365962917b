// f(theta) = c/(2m) ||A(Theta(theta)) - y||^2 and its gradient: operator x parameterization.
#pragma once

#include "ipgd/base/buffer.hpp"
#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

class Objective {
 public:
  /// Keeps references: operator, parameterization and y (m numbers) must outlive the objective.
  /// Throws InvalidArgument when the model cannot be measured by the operator.
  Objective(const Operator& op, const Parameterization& model, const double* y);

  const Operator& op() const noexcept { return op_; }
  const Parameterization& model() const noexcept { return model_; }
  const double* y() const noexcept { return y_; }
  double norm_y() const noexcept { return norm_y_; }
  /// f where Theta = 0: c/(2m) ||y||^2.
  double loss_at_zero() const noexcept { return loss(norm_y_ * norm_y_); }
  double loss(double squared_residual) const noexcept;

  /// What an evaluation leaves behind.
  struct Point {
    explicit Point(const Objective& objective);

    std::unique_ptr<Operator::Workspace> workspace;
    Buffer<double> residual;        // r = A(Theta) - y,  m
    Buffer<double> theta_gradient;  // A*(r),  d1 x d2
    Buffer<double> gradient;        // grad f,  size of theta
    double loss = 0, residual_norm = 0, gradient_norm = 0;
  };

  /// One pass over A. Throws Interrupted.
  void evaluate(const double* theta, Point& point, const Execution& execution) const;

 private:
  const Operator& op_;
  const Parameterization& model_;
  const double* y_;
  double norm_y_;
};

}  // namespace ipgd
