#include "ipgd/algorithms/two_phases.hpp"

#include "ipgd/algorithms/require.hpp"

namespace ipgd {
namespace {

/// Those of both directions, and whether the second one has taken over.
struct BothMemories final : Direction::Memory {
  BothMemories(std::unique_ptr<Direction::Memory> first_,
               std::unique_ptr<Direction::Memory> second_, Index size)
      : first(std::move(first_)),
        second(std::move(second_)),
        in_second(Buffer<double>::zeros(1)),
        d(size) {}
  std::vector<Span> kept() override {
    std::vector<Span> all{{in_second.data(), 1}};
    for (Memory* each : {first.get(), second.get()}) {
      if (each == nullptr) continue;
      const std::vector<Span> spans = each->kept();
      all.insert(all.end(), spans.begin(), spans.end());
    }
    return all;
  }
  std::unique_ptr<Direction::Memory> first, second;
  Buffer<double> in_second;  // 0 or 1
  Buffer<double> d;          // of the step that lifts
};

}  // namespace

void TwoPhases::verify() const {
  first_->verify();
  second_->verify();
  require(relative_loss_ > 0 && relative_loss_ <= 1, "onset", "a number in (0, 1]", relative_loss_);
  require_finite_nonnegative("lift", lift_);
}

void TwoPhases::check(const Parameterization& model) const {
  for (const Direction* each : {first_.get(), second_.get()}) {
    each->check(model);
    if (each->stages(model) > 1)
      throw InvalidArgument("onset", "directions that move all parameters at once", each->name());
  }
}

std::unique_ptr<Direction::Memory> TwoPhases::memory(const Objective& objective) const {
  return std::make_unique<BothMemories>(first_->memory(objective), second_->memory(objective),
                                        lift_ > 0 ? objective.model().size() : 0);
}

const double* TwoPhases::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<BothMemories&>(*memory);
  double& in_second = *own.in_second.data();
  if (in_second == 0) {
    if (!at.objective.reached(at.evaluation, relative_loss_)) return (*first_)(at, own.first.get());
    in_second = 1;
    if (lift_ > 0) {
      Index j = 0;
      for (const Block& block : at.objective.model().blocks())
        for (const Index end = j + block.rows * block.cols; j < end; ++j)
          own.d.data()[j] = at.theta[j] == 0 ? 0 : -lift_ * block.unit / at.step_size;
      return own.d.data();
    }
  }
  return (*second_)(at, own.second.get());
}

}  // namespace ipgd
