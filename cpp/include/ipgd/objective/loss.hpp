// Losses: elementwise functions of the residual, whose derivatives are the weights under A*.
#pragma once

#include "ipgd/operators/residual.hpp"

namespace ipgd {

/// f(theta) = c/m sum_i loss(r_i) with r = A(Theta) - y. The squared loss r^2 / 2 has no class: a
/// null pointer stands for it, and it costs nothing.
///
///   value      loss(r_i)
///   weight     loss'(r_i):   grad f = J' (c/m) A*(weights)
///   curvature  loss''(r_i):  of the Hessian of f
///
/// The second argument of each is y_i, which Logistic needs.
class Loss : public ResidualFunction {
 public:
  virtual const char* name() const noexcept = 0;
  virtual double curvature(double r, double y) const noexcept = 0;
  /// The supremum of the curvature, 1 for the squared loss: step sizes are divided by it.
  virtual double largest_curvature() const noexcept = 0;
  /// Throws InvalidArgument for measurements that the loss is not defined for.
  virtual void check(const double* /*y*/, Index /*m*/) const {}
};

/// r^2 / 2 where |r| <= delta, and delta (|r| - delta/2) beyond (Huber 1964). No weight is above
/// delta. The curvature is 1 inside and 0 outside.
class Huber final : public Loss {
 public:
  /// Throws InvalidArgument unless delta is finite and positive. delta has the unit of y.
  explicit Huber(double delta);

  const char* name() const noexcept override { return "Huber"; }
  double value(double r, double y) const noexcept override;
  double weight(double r, double y) const noexcept override;
  double curvature(double r, double y) const noexcept override;
  double largest_curvature() const noexcept override { return 1; }
  double largest_weight(double r, double y) const noexcept override;

 private:
  double delta_;
};

/// One-bit measurements: y_i = 1 with probability 1 / (1 + exp(-z_i)), z_i = <A_i, Theta> the
/// log-odds, and 0 (or -1) otherwise. loss = log(1 + exp(-s_i z_i)) with the sign s_i = 1 where
/// y_i > 0 and -1 elsewhere: the negative log-likelihood, whether y has 0 and 1 or -1 and 1.
///
/// y stays as it is given, and the residual is r_i = z_i - y_i as for every loss; z_i = r_i + y_i.
/// ||r|| is therefore no measure of fit; f is, and f(0) = c log 2.
///
/// An operator may measure in a unit of its own, as Entries does with the factor sqrt(d1 d2). Then
/// y has the values 0 and unit, or -unit and unit, and the log-odds are <A_i, Theta> / unit.
class Logistic final : public Loss {
 public:
  /// Throws InvalidArgument unless the unit is finite and positive.
  explicit Logistic(double unit = 1);

  const char* name() const noexcept override { return "Logistic"; }
  double value(double r, double y) const noexcept override;
  double weight(double r, double y) const noexcept override;
  double curvature(double r, double y) const noexcept override;
  double largest_curvature() const noexcept override { return 0.25 / (unit_ * unit_); }
  double largest_weight(double, double) const noexcept override { return 1 / unit_; }
  /// Throws InvalidArgument unless y has only 0 and 1, or only -1 and 1, times the unit.
  void check(const double* y, Index m) const override;

 private:
  double margin(double r, double y) const noexcept;  // s z / unit
  double unit_;
};

}  // namespace ipgd
