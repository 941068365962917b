#include "ipgd/algorithms/normalized_descent.hpp"

#include "ipgd/algorithms/require.hpp"

namespace ipgd {
namespace {

struct SecondMoment final : Direction::Memory {
  explicit SecondMoment(Index size) : d(Buffer<double>::zeros(size)) {}
  std::vector<Span> kept() override { return {{&root, 1}, {&memory, 1}}; }
  Buffer<double> d;
  double root = 0;    // sqrt(v)
  double memory = 1;  // decay^t
};

}  // namespace

void NormalizedDescent::verify() const {
  require(decay_ >= 0 && decay_ < 1, "decay", "a number in [0, 1)", decay_);
  require_finite_positive("floor", floor_);
}

std::unique_ptr<Direction::Memory> NormalizedDescent::memory(const Objective& objective) const {
  return std::make_unique<SecondMoment>(objective.model().size());
}

const double* NormalizedDescent::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<SecondMoment&>(*memory);
  // Roots instead of squares, which would overflow before the gradient does.
  own.root =
      std::hypot(std::sqrt(decay_) * own.root, std::sqrt(1 - decay_) * at.evaluation.gradient_norm);
  own.memory *= decay_;
  const double length = own.root / std::sqrt(1 - own.memory) + floor_;
  const double* const g = at.evaluation.gradient.data();
  double* const d = own.d.data();
  for (const Range& range : at.objective.parameters())
    for (Index j = range.begin; j < range.end; ++j) d[j] = g[j] / length;
  return d;
}

}  // namespace ipgd
