// One direction until the loss has fallen, another one from there on.
#pragma once

#include "ipgd/algorithms/direction.hpp"

namespace ipgd {

/// `first` until an iterate with f <= relative_loss * f(Theta = 0), `second` from that one on: the
/// iterates are those of a run with the first direction and of another one that starts where it
/// ended. With lift > 0 that iterate's step is x <- x + lift s, where s is the start whose blocks
/// hold their unit (1 for u of u∘v, 0 for v): the second run starts lift s further. Parameters that
/// are zero stay zero. On mini-batches, f is that of the batch.
class TwoPhases final : public Direction {
 public:
  TwoPhases(std::shared_ptr<const Direction> first, std::shared_ptr<const Direction> second,
            double relative_loss, double lift)
      : first_(std::move(first)),
        second_(std::move(second)),
        relative_loss_(relative_loss),
        lift_(lift) {}
  const char* name() const noexcept override { return second_->name(); }
  void verify() const override;
  void check(const Parameterization& model) const override;
  bool keeps_to_gradient() const override {
    return lift_ == 0 && first_->keeps_to_gradient() && second_->keeps_to_gradient();
  }
  std::unique_ptr<Memory> memory(const Objective& objective) const override;
  const double* operator()(const Iterate& at, Memory* memory) const override;

 private:
  std::shared_ptr<const Direction> first_, second_;
  double relative_loss_, lift_;
};

}  // namespace ipgd
