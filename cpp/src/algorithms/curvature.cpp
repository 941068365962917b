#include <algorithm>
#include <cmath>
#include <limits>

#include "ipgd/algorithms/quantity.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

// With u = g / ||g||:  uᵀ H u = (uᵀ grad f(x + h u) - uᵀ g) / h + O(h).
class Curvature final : public Quantity {
 public:
  explicit Curvature(Index size) : unit_(size), shifted_(size) {}

  bool needs_passes() const noexcept override { return true; }

  const double* wants(const Snapshot& s, Index passes, const Execution&) override {
    if (passes > 0) return nullptr;
    value_ = std::numeric_limits<double>::quiet_NaN();
    const double length = s.evaluation.gradient_norm;
    if (!(length > 0)) return nullptr;
    const Index size = unit_.size();
    // h is 2^-16 of the size of the parameters, or of the size that y calls for: an error of some
    // 1e-4 whose part from rounding stays small with float32 sums, too.
    const double m = static_cast<double>(s.objective.op().measurements());
    const double called_for = std::pow(s.objective.norm_y() / std::sqrt(m),
                                       1 / static_cast<double>(s.objective.model().degree()));
    h_ = 0x1p-16 * std::max(norm(s.theta, size), called_for);
    for (Index j = 0; j < size; ++j) {
      unit_.data()[j] = s.evaluation.gradient.data()[j] / length;
      shifted_.data()[j] = s.theta[j] + h_ * unit_.data()[j];
    }
    return shifted_.data();
  }

  void accept(const Snapshot& s, const Evaluation& answer) override {
    value_ =
        (dot(unit_.data(), answer.gradient.data(), unit_.size()) - s.evaluation.gradient_norm) / h_;
  }

  void measure(const Snapshot&, double* out, const Execution&) override { *out = value_; }

 private:
  Buffer<double> unit_, shifted_;
  double h_ = 0, value_ = 0;
};

}  // namespace

std::unique_ptr<Quantity> make_curvature(const QuantitySetting& setting) {
  return std::make_unique<Curvature>(setting.model.size());
}

}  // namespace ipgd
