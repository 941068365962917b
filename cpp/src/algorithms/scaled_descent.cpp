#include "ipgd/algorithms/scaled_descent.hpp"

#include <cmath>

#include "ipgd/algorithms/require.hpp"

namespace ipgd {
namespace {

struct Scaled final : Direction::Memory {
  Scaled(const Parameterization& model, Inverse inverse)
      : metric(model.preconditioner(inverse)), d(model.size()) {}
  std::unique_ptr<Preconditioner> metric;
  Buffer<double> d;
};

struct Alternating final : Direction::Memory {
  explicit Alternating(const Parameterization& model) : scaled(model, Inverse::pseudo) {
    for (const Block& block : model.blocks()) ends.push_back(block.rows * block.cols);
    for (std::size_t b = 1; b < ends.size(); ++b) ends[b] += ends[b - 1];
  }
  Scaled scaled;
  std::vector<Index> ends;  // of the blocks in theta
};

void check_metric(const Parameterization& model) {
  if (model.preconditioner(Inverse::exact) == nullptr)
    throw InvalidArgument("algorithm",
                          "one that does not scale the gradient by a metric, for this model has "
                          "none (SymmetricFactor and AsymmetricFactor have)",
                          "a scaled method for " + std::string(model.name()));
}

}  // namespace

void ScaledDescent::verify() const { require_finite_nonnegative("damping", damping_.constant); }

void ScaledDescent::check(const Parameterization& model) const { check_metric(model); }

std::unique_ptr<Direction::Memory> ScaledDescent::memory(const Objective& objective) const {
  return std::make_unique<Scaled>(objective.model(), Inverse::exact);
}

const double* ScaledDescent::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<Scaled&>(*memory);
  const double lambda = damping_.from_loss ? at.evaluation.root_loss : damping_.constant;
  const bool regular =
      own.metric->apply(at.theta, at.evaluation.gradient.data(), lambda, own.d.data());
  return regular ? own.d.data() : nullptr;
}

void AlternatingScaledDescent::check(const Parameterization& model) const {
  check_metric(model);
  if (model.blocks().size() < 2)
    throw InvalidArgument("algorithm",
                          "one that moves all parameters at once, for this model has a single "
                          "factor (the alternating method moves V, then W)",
                          "an alternating method for " + std::string(model.name()));
}

std::unique_ptr<Direction::Memory> AlternatingScaledDescent::memory(
    const Objective& objective) const {
  return std::make_unique<Alternating>(objective.model());
}

Index AlternatingScaledDescent::stages(const Parameterization& model) const {
  return static_cast<Index>(model.blocks().size());
}

const double* AlternatingScaledDescent::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<Alternating&>(*memory);
  double* const d = own.scaled.d.data();
  own.scaled.metric->apply(at.theta, at.evaluation.gradient.data(), 0, d);
  const auto stage = static_cast<std::size_t>(at.stage);
  std::fill(d, d + (stage > 0 ? own.ends[stage - 1] : 0), 0.0);
  std::fill(d + own.ends[stage], d + own.ends.back(), 0.0);
  return d;
}

}  // namespace ipgd
