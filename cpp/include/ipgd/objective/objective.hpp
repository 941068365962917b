// f(theta) = c/m sum_i loss(r_i), r = A(Theta(theta)) - y: operator x parameterization x loss.
#pragma once

#include "ipgd/base/buffer.hpp"
#include "ipgd/objective/loss.hpp"
#include "ipgd/parameterizations/parameterization.hpp"

namespace ipgd {

/// What is kept of y where a Gram stands for the operator; see gram.hpp.
struct Original {
  Index measurements;  // m
  double norm_y;
  double rest;  // ||A(Theta) - y||^2 = ||residual||^2 + rest^2
};

/// Some of the measurements: f_S(theta) = c/of sum over the rows of S.
struct Sample {
  Rows rows;
  Index of = 0;
};

class Objective;

/// f and its gradient at one theta, and the memory that finding them takes.
struct Evaluation {
  explicit Evaluation(const Objective& objective);
  /// Of up to `rows` measurements.
  Evaluation(const Objective& objective, Index rows);

  /// Where the operator puts the cotangent.
  Cotangent cotangent() noexcept { return {left.data(), right.data(), seen}; }
  ConstCotangent cotangent() const noexcept { return {left.data(), right.data(), seen}; }

  Buffer<double> residual;     // r = A(Theta) - y, those that live here
  Buffer<double> left, right;  // of the factors under A*(weights)
  Buffer<double> gradient;     // grad f,  size of theta
  Buffer<double> scratch;      // the model's
  const Seen* seen;            // the rest of cotangent and gradient is zero
  double loss = 0;             // f
  double residual_norm = 0;    // ||A(Theta) - y||, whatever the loss
  double gradient_norm = 0;
  double root_loss = 0;  // sqrt(f); that of the squared loss neither overflows nor underflows
};

class Objective {
 public:
  /// Keeps references: operator, parameterization, y (one number for each measurement that lives
  /// here) and loss (null: squared) must outlive the objective. Throws InvalidArgument when the
  /// model cannot be measured by the operator, or when the loss is not for this operator or y.
  Objective(const Operator& op, const Parameterization& model, const double* y,
            const Loss* loss = nullptr);
  /// The squared loss on a Gram, which stands for the operator.
  Objective(const Operator& op, const Parameterization& model, const double* y,
            const Original& original);

  using Point = Evaluation;

  const Operator& op() const noexcept { return op_; }
  const Parameterization& model() const noexcept { return model_; }
  const double* y() const noexcept { return y_; }
  /// Null: squared.
  const Loss* loss() const noexcept { return loss_; }
  double norm_y() const noexcept { return original_.norm_y; }
  /// c/m, m that of the problem.
  double scale() const noexcept {
    return model_.loss_constant() / static_cast<double>(original_.measurements);
  }
  /// The parameters that f depends on; its gradient is zero elsewhere.
  const Ranges& parameters() const noexcept { return parameters_; }
  /// Is f <= relative_loss f(Theta = 0)? Of the squared loss f itself may underflow, so norms are
  /// compared.
  bool reached(const Evaluation& at, double relative_loss) const noexcept;

  /// sum_i a_i b_i over all measurements of the problem; a and b hold those that live here.
  double sum_of_products(double* a, const double* b, const Execution& execution) const;

  /// What a pass is asked for.
  Residual residual(double* r) const noexcept { return {y_, r, loss_, y_}; }
  /// The second half of an evaluation: f and its gradient, from the cotangent and the totals of the
  /// residual. They are those of `sample` where it names rows.
  void differentiate(const double* theta, Evaluation& at, const Totals& totals,
                     const Sample& sample, const Execution& execution) const;

 private:
  const Operator& op_;
  const Parameterization& model_;
  const double* y_;
  const Loss* loss_;
  Original original_;
  Ranges parameters_;
  double value_at_zero_ = 0;  // f where Theta = 0, of a loss that is not the squared one
};

}  // namespace ipgd
