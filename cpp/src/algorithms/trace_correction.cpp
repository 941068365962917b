#include "ipgd/algorithms/trace_correction.hpp"

#include <algorithm>

#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

struct Trace final : Direction::Memory {
  Trace(double s_, Index size) : s(s_), d(size) {}
  double s;  // mean(y)
  Buffer<double> d;
};

}  // namespace

void TraceCorrectedDescent::check(const Parameterization& model) const {
  if (!model.symmetric() || model.blocks().size() != 1)
    throw InvalidArgument(
        "algorithm", "one for any model, or SymmetricFactor",
        "a trace correction, which is for Theta = U Uᵀ, with " + std::string(model.name()));
}

std::unique_ptr<Direction::Memory> TraceCorrectedDescent::memory(const Objective& objective) const {
  const Operator& op = objective.op();
  Buffer<double> ones(op.measurements());
  std::fill_n(ones.data(), ones.size(), 1.0);
  const double sum = objective.sum_of_products(ones.data(), objective.y(), {});
  return std::make_unique<Trace>(sum / static_cast<double>(op.total_measurements()),
                                 objective.model().size());
}

const double* TraceCorrectedDescent::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<Trace&>(*memory);
  const Index size = own.d.size();
  const double c = dot(at.theta, at.theta, size) - own.s;  // tr(U Uᵀ) = ||U||_F^2
  const double left = 1 - at.step_size * c;
  const double* const g = at.evaluation.gradient.data();
  double* const d = own.d.data();
  for (Index j = 0; j < size; ++j) d[j] = (g[j] - c * at.theta[j]) / left;
  return d;
}

}  // namespace ipgd
