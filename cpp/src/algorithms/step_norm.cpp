#include "ipgd/algorithms/quantity.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

class StepNorm final : public Quantity {
 public:
  explicit StepNorm(Index size) : last_(Buffer<double>::zeros(size)), difference_(size) {}

  std::vector<Span> kept() override { return {{&recorded_, 1}, {last_.data(), last_.size()}}; }

  void measure(const Snapshot& s, double* out, const Execution&) override {
    const Index size = last_.size();
    double *const last = last_.data(), *const difference = difference_.data();
    for (Index j = 0; j < size; ++j) difference[j] = s.theta[j] - last[j];
    *out = recorded_ != 0 ? norm(difference, size) : 0;
    std::copy_n(s.theta, size, last);
    recorded_ = 1;
  }

 private:
  double recorded_ = 0;  // 1: last_ holds the iterate of the record before
  Buffer<double> last_, difference_;
};

}  // namespace

std::unique_ptr<Quantity> make_step_norm(const QuantitySetting& setting) {
  return std::make_unique<StepNorm>(setting.model.size());
}

}  // namespace ipgd
