#include <cmath>
#include <limits>

#include "ipgd/algorithms/quantity.hpp"

namespace ipgd {
namespace {

// uᵀ H u with u = g / ||g||
class Curvature final : public Quantity {
 public:
  explicit Curvature(Index size) : unit_(size) {}

  bool needs_passes() const noexcept override { return true; }

  const double* wants(const Snapshot& s, Index passes) override {
    if (passes > 0) return nullptr;
    value_ = std::numeric_limits<double>::quiet_NaN();
    const double length = s.evaluation.gradient_norm;
    if (!(length > 0) || !std::isfinite(length)) return nullptr;
    for (Index j = 0; j < unit_.size(); ++j)
      unit_.data()[j] = s.evaluation.gradient.data()[j] / length;
    return unit_.data();
  }
  void accept(double answer) override { value_ = answer; }

  void measure(const Snapshot&, double* out, const Execution&) override { *out = value_; }

 private:
  Buffer<double> unit_;
  double value_ = 0;
};

}  // namespace

std::unique_ptr<Quantity> make_curvature(const QuantitySetting& setting) {
  return std::make_unique<Curvature>(setting.model.size());
}

}  // namespace ipgd
