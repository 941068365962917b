#include "ipgd/objective/objective.hpp"

#include <cmath>

#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

// The totals of r = -y, the residual of Theta = 0.
Totals totals_at_zero(const Operator& op, const double* y, const Loss* loss) {
  Buffer<double> r(op.measurements());
  for (Index i = 0; i < op.measurements(); ++i) r.data()[i] = -y[i];
  return op.totals({y, r.data(), loss, y}, {});
}

class Product final : public ResidualFunction {
 public:
  double value(double a, double b) const noexcept override { return a * b; }
  double weight(double, double) const noexcept override { return 0; }
  double largest_weight(double, double) const noexcept override { return 0; }
};

void check(const Operator& op, const Parameterization& model) {
  model.check(op);
  if (!op.capabilities().dense && model.view_rank() == 0)
    throw InvalidArgument("parameterization",
                          "a model whose Theta is a product of factors, for an operator that does "
                          "not form Theta",
                          model.name());
}

Ranges parameters_of(const Operator& op, const Parameterization& model) {
  return op.seen() != nullptr ? model.parameters_of(*op.seen()) : Ranges::whole(model.size());
}

}  // namespace

Objective::Objective(const Operator& op, const Parameterization& model, const double* y,
                     const Loss* loss)
    : op_(op), model_(model), y_(y), loss_(loss), parameters_(parameters_of(op, model)) {
  check(op, model);
  if (loss != nullptr && op.capabilities().combined)
    throw InvalidArgument("loss",
                          "the squared loss for measurements that were combined (a Gram takes the "
                          "place of A for no other)",
                          loss->name());
  if (loss != nullptr) loss->check(y, op.measurements());
  const Index m = op.total_measurements();
  const Totals zero = totals_at_zero(op, y, loss);
  original_ = {m, zero.norm, 0};
  value_at_zero_ = scale() * zero.value;
}

Objective::Objective(const Operator& op, const Parameterization& model, const double* y,
                     const Original& original)
    : op_(op),
      model_(model),
      y_(y),
      loss_(nullptr),
      original_(original),
      parameters_(parameters_of(op, model)) {
  check(op, model);
}

bool Objective::reached(const Evaluation& at, double relative_loss) const noexcept {
  if (loss_ == nullptr) return at.residual_norm <= std::sqrt(relative_loss) * norm_y();
  // Where f(0) is zero or out of range, its fractions say nothing.
  if (!std::isnormal(value_at_zero_)) return at.residual_norm == 0;
  return at.loss <= relative_loss * value_at_zero_;
}

double Objective::sum_of_products(double* a, const double* b, const Execution& execution) const {
  const Product product;
  return op_.totals({nullptr, a, &product, b}, execution).value;
}

Evaluation::Evaluation(const Objective& objective)
    : Evaluation(objective, objective.op().measurements()) {}

Evaluation::Evaluation(const Objective& objective, Index rows)
    : residual(rows),
      left(Buffer<double>::zeros(
          checked_product({objective.model().rows(), objective.model().view_rank() > 0
                                                         ? objective.model().view_rank()
                                                         : objective.model().cols()}))),
      right(Buffer<double>::zeros(
          checked_product({objective.model().cols(), objective.model().view_rank()}))),
      gradient(Buffer<double>::zeros(objective.model().size())),
      scratch(objective.model().scratch_size()),
      seen(objective.op().seen()) {}

void Objective::differentiate(const double* theta, Evaluation& at, const Totals& totals,
                              const Sample& sample, const Execution& execution) const {
  const bool all = sample.rows.all();
  const double n = static_cast<double>(all ? original_.measurements : sample.of);
  const double c = model_.loss_constant();
  model_.pull_back(theta, at.cotangent(), c / n, at.scratch.data(), at.gradient.data(), execution);

  at.residual_norm =
      all && original_.rest > 0 ? std::hypot(totals.norm, original_.rest) : totals.norm;
  if (loss_ == nullptr) {
    at.loss = c / (2.0 * n) * at.residual_norm * at.residual_norm;
    at.root_loss = std::sqrt(c / (2.0 * n)) * at.residual_norm;
  } else {
    at.loss = c / n * totals.value;
    at.root_loss = std::sqrt(at.loss);
  }
  at.gradient_norm = norm(at.gradient.data(), parameters_);
}

}  // namespace ipgd
