#include "ipgd/algorithms/quantity.hpp"
#include "ipgd/base/linear_algebra.hpp"

namespace ipgd {
namespace {

double relative(double value, double reference) {
  return reference > 0 ? value / reference : value;
}

Matrix theta_of(const Snapshot& s, const Execution& execution) {
  const Parameterization& model = s.objective.model();
  Matrix theta(model.rows(), model.cols());
  Buffer<double> scratch(model.scratch_size());
  assemble(model.view(s.theta, scratch.data(), execution), theta.data());
  return theta;
}

// ||L Rᵀ||_F = ||R_L R_Rᵀ||_F, which forms nothing large
double norm_of_product(const Matrix& L, const Matrix& R) {
  return (triangular_factor(L) * triangular_factor(R).transpose()).norm();
}

Matrix beside(const ConstMatrixMap& A, const Matrix& B) {
  Matrix both(A.rows(), A.cols() + B.cols());
  both << A, B;
  return both;
}

// ||L Rᵀ - L* R*ᵀ||_F = ||[L, -L*] [R, R*]ᵀ||_F: no squares are subtracted, so that small errors
// keep their digits.
double distance(const ThetaView& theta, const Truth& truth) {
  const ConstMatrixMap L(theta.left, theta.rows, theta.rank),
      R(theta.right, theta.cols, theta.rank);
  return norm_of_product(beside(L, -truth.left_factor), beside(R, truth.right_factor));
}

double test_error(const Snapshot& s, const Execution& execution) {
  const Parameterization& model = s.objective.model();
  const Truth& truth = *s.truth;
  const bool factors = truth.theta.size() == 0;
  if (factors && model.view_rank() > 0) {
    Buffer<double> scratch(model.scratch_size());
    const ThetaView theta = model.view(s.theta, scratch.data(), execution);
    return relative(distance(theta, truth), norm_of_product(truth.left_factor, truth.right_factor));
  }
  const Matrix known =
      factors ? Matrix(truth.left_factor * truth.right_factor.transpose()) : truth.theta;
  return relative((theta_of(s, execution) - known).norm(), known.norm());
}

// A quantity without memory.
class Value final : public Quantity {
 public:
  explicit Value(double (*value)(const Snapshot&, const Execution&)) : value_(value) {}
  void measure(const Snapshot& s, double* out, const Execution& execution) override {
    *out = value_(s, execution);
  }

 private:
  double (*value_)(const Snapshot&, const Execution&);
};

class SingularValues final : public Quantity {
 public:
  explicit SingularValues(Index count) : count_(count) {}
  Index width() const noexcept override { return count_; }
  void measure(const Snapshot& s, double* out, const Execution&) override {
    VectorMap(out, count_) = s.objective.model().singular_values(s.theta, count_);
  }

 private:
  Index count_;
};

// beta_i = <phi_i, Theta>
class Coefficients final : public Quantity {
 public:
  explicit Coefficients(Index functions) : functions_(functions) {}
  Index width() const noexcept override { return functions_; }
  void measure(const Snapshot& s, double* out, const Execution& execution) override {
    const Matrix theta = theta_of(s, execution);
    VectorMap(out, functions_) = s.truth->basis * ConstVectorMap(theta.data(), theta.size());
  }

 private:
  Index functions_;
};

class OfModel final : public Quantity {
 public:
  explicit OfModel(Index width) : width_(width) {}
  Index width() const noexcept override { return width_; }
  void measure(const Snapshot& s, double* out, const Execution&) override {
    s.objective.model().measure_own(s.theta, out);
  }

 private:
  Index width_;
};

std::unique_ptr<Quantity> make_singular_values(const QuantitySetting& setting) {
  return std::make_unique<SingularValues>(
      std::min(setting.n_singular_values, setting.model.spectrum_size()));
}

std::unique_ptr<Quantity> make_coefficients(const QuantitySetting& setting) {
  return std::make_unique<Coefficients>(setting.functions);
}

using S = const Snapshot&;
using E = const Execution&;

}  // namespace

const std::vector<QuantityKind>& recordable_quantities() {
  static const std::vector<QuantityKind> all = {
      {"loss", Needs::nothing, [](S s, E) { return s.evaluation.loss; }},
      // ||A(Theta) - y|| / ||y||
      {"train_error", Needs::nothing,
       [](S s, E) { return relative(s.evaluation.residual_norm, s.objective.norm_y()); }},
      // ||Theta - Theta*||_F / ||Theta*||_F
      {"test_error", Needs::truth, test_error},
      {"gradient_norm", Needs::nothing, [](S s, E) { return s.evaluation.gradient_norm; }},
      // 1 when noise was added since the last record
      {"perturbation", Needs::nothing, [](S s, E) { return s.perturbed ? 1.0 : 0.0; }},
      // iterations in units of passes over all measurements
      {"epoch", Needs::nothing, [](S s, E) { return s.epochs; }},
      {"step_norm", Needs::nothing, nullptr, make_step_norm},
      {"curvature", Needs::nothing, nullptr, make_curvature},
      {"signal_norm", Needs::bases,
       [](S s, E) { return s.objective.model().split(s.theta, *s.truth).signal; }},
      {"residual_norm", Needs::bases,
       [](S s, E) { return s.objective.model().split(s.theta, *s.truth).residual; }},
      // -<x, dx> / ||x||^2, x the residual part and dx its derivative along grad f
      {"deviation_rate", Needs::bases,
       [](S s, E) {
         return s.objective.model().deviation_rate(s.theta, s.evaluation.gradient.data(), *s.truth);
       }},
      {"singular_values", Needs::nothing, nullptr, make_singular_values, true},
      {"column_norms", Needs::nothing, nullptr, make_column_norms, true},
      {"coefficients", Needs::functions, nullptr, make_coefficients, true},
  };
  return all;
}

std::unique_ptr<Quantity> make_quantity(const QuantityKind& kind, const QuantitySetting& setting) {
  if (kind.make != nullptr) return kind.make(setting);
  return std::make_unique<Value>(kind.value);
}

std::unique_ptr<Quantity> make_own_quantity(const Parameterization& model) {
  return std::make_unique<OfModel>(model.own_quantity()->width);
}

}  // namespace ipgd
