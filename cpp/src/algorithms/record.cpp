#include "ipgd/algorithms/record.hpp"

#include <algorithm>

#include "ipgd/base/error.hpp"
#include "ipgd/base/linear_algebra.hpp"

namespace ipgd {
namespace {

using Write = void (*)(const Snapshot&, double* out, Index width);

double relative(double value, double reference) {
  return reference > 0 ? value / reference : value;
}

Matrix theta_of(const Snapshot& s) {
  const Parameterization& model = s.objective.model();
  Matrix theta(model.rows(), model.cols());
  Buffer<double> scratch(model.scratch_size());
  assemble(model.view(s.theta, scratch.data(), {}), theta.data());
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

double test_error(const Snapshot& s) {
  const Parameterization& model = s.objective.model();
  const Truth& truth = *s.truth;
  const bool factors = truth.theta.size() == 0;
  if (factors && model.view_rank() > 0) {
    Buffer<double> scratch(model.scratch_size());
    const ThetaView theta = model.view(s.theta, scratch.data(), {});
    return relative(distance(theta, truth), norm_of_product(truth.left_factor, truth.right_factor));
  }
  const Matrix known =
      factors ? Matrix(truth.left_factor * truth.right_factor.transpose()) : truth.theta;
  return relative((theta_of(s) - known).norm(), known.norm());
}

struct Quantity {
  const char* name;
  bool needs_truth;
  Write write;
};

// Adding a quantity is adding a row.
const Quantity kQuantities[] = {
    {"loss", false, [](const Snapshot& s, double* out, Index) { *out = s.point.loss; }},
    // ||A(Theta) - y|| / ||y||
    {"train_error", false,
     [](const Snapshot& s, double* out, Index) {
       *out = relative(s.point.residual_norm, s.objective.norm_y());
     }},
    // ||Theta - Theta*||_F / ||Theta*||_F
    {"test_error", true, [](const Snapshot& s, double* out, Index) { *out = test_error(s); }},
    {"gradient_norm", false,
     [](const Snapshot& s, double* out, Index) { *out = s.point.gradient_norm; }},
    // 1 when noise was added since the last record
    {"perturbation", false,
     [](const Snapshot& s, double* out, Index) { *out = s.perturbed ? 1.0 : 0.0; }},
    // iterations in units of passes over all measurements
    {"epoch", false, [](const Snapshot& s, double* out, Index) { *out = s.epochs; }},
    {"signal_norm", true,
     [](const Snapshot& s, double* out, Index) {
       *out = s.objective.model().split(s.theta, *s.truth).signal;
     }},
    {"residual_norm", true,
     [](const Snapshot& s, double* out, Index) {
       *out = s.objective.model().split(s.theta, *s.truth).residual;
     }},
    {"singular_values", false,
     [](const Snapshot& s, double* out, Index width) {
       VectorMap(out, width) = s.objective.model().singular_values(s.theta, width);
     }},
    // beta_i = <phi_i, Theta>
    {"coefficients", true,
     [](const Snapshot& s, double* out, Index width) {
       const Matrix theta = theta_of(s);
       VectorMap(out, width) = s.truth->basis * ConstVectorMap(theta.data(), theta.size());
     }},
};

const Quantity* find(const std::string& name) {
  for (const Quantity& quantity : kQuantities)
    if (name == quantity.name) return &quantity;
  return nullptr;
}

bool is_own(const Parameterization& model, const std::string& name) {
  const auto own = model.own_quantity();
  return own && name == own->name;
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& n : names) text += (text.empty() ? "" : ", ") + n;
  return text;
}

}  // namespace

std::vector<std::string> recordable_quantities() {
  std::vector<std::string> names;
  for (const Quantity& quantity : kQuantities) names.emplace_back(quantity.name);
  return names;
}

std::vector<std::string> quantities_of_truth() {
  std::vector<std::string> names;
  for (const Quantity& quantity : kQuantities)
    if (quantity.needs_truth) names.emplace_back(quantity.name);
  return names;
}

Recorder::Recorder(const std::vector<std::string>& names, Index every, Index n_singular_values,
                   const Parameterization& model, bool has_truth, Index basis_size)
    : every_(every) {
  if (every < 1) throw InvalidArgument("record_every", "at least 1", std::to_string(every));
  if (n_singular_values < 1)
    throw InvalidArgument("n_singular_values", "at least 1", std::to_string(n_singular_values));
  for (const std::string& name : names) {
    const Quantity* quantity = find(name);
    if (quantity == nullptr && !is_own(model, name)) {
      std::vector<std::string> known = recordable_quantities();
      if (const auto own = model.own_quantity()) known.emplace_back(own->name);
      throw InvalidArgument("record", "names out of " + join(known), "'" + name + "'");
    }
    if (quantity != nullptr && quantity->needs_truth && !has_truth)
      throw InvalidArgument("record", "a problem with a truth to record '" + name + "'",
                            "a problem without one");
    const auto same = [&](const Column& c) { return c.name == name; };
    if (std::any_of(columns_.begin(), columns_.end(), same)) continue;
    if (name == "coefficients" && basis_size == 0)
      throw InvalidArgument("record", "a problem with a basis to record 'coefficients'",
                            "a problem without one");
    const Index width = name == "singular_values"
                            ? std::min(n_singular_values, model.spectrum_size())
                        : name == "coefficients" ? basis_size
                        : quantity == nullptr    ? model.own_quantity()->width
                                                 : 1;
    columns_.push_back({name, width, {}});
  }
}

void Recorder::reserve(Index max_iter) {
  constexpr Index kMost = 4096;
  const auto records = static_cast<std::size_t>(std::min(kMost, max_iter / every_ + 2));
  iterations_.reserve(records);
  for (Column& column : columns_)
    column.data.reserve(records * static_cast<std::size_t>(column.width));
}

void Recorder::record(const Snapshot& snapshot) {
  iterations_.push_back(snapshot.iteration);
  for (Column& column : columns_) {
    const std::size_t end = column.data.size();
    column.data.resize(end + static_cast<std::size_t>(column.width));
    double* const out = column.data.data() + end;
    if (const Quantity* quantity = find(column.name))
      quantity->write(snapshot, out, column.width);
    else
      snapshot.objective.model().measure_own(snapshot.theta, out);
  }
}

}  // namespace ipgd
