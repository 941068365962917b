// The residual of one Theta, and what is summed over all measurements with it.
#pragma once

#include "ipgd/base/execution.hpp"

namespace ipgd {

/// An elementwise function of the residual r. A* is then applied to the weights weight(r_i, data_i)
/// instead of r_i; a pass still reads A once. `data` has one number for each measurement, whose
/// meaning is the function's.
class ResidualFunction {
 public:
  virtual ~ResidualFunction() = default;
  /// A pass sums these over all measurements.
  virtual double value(double r, double data) const noexcept = 0;
  /// A* is applied to these.
  virtual double weight(double r, double data) const noexcept = 0;
  /// About the largest |weight| where |r_i| and |data_i| are at most `r` and `data`. float32 sums
  /// take it as their unit.
  virtual double largest_weight(double r, double data) const noexcept = 0;
};

/// What is summed over all measurements of a problem, wherever they live.
struct Totals {
  double norm = 0;   // ||r||
  double value = 0;  // sum_i value(r_i, data_i); 0 without a function
};

/// What Theta is compared with, and the result. Each array has one number for each measurement that
/// lives here (Operator::measurements).
struct Residual {
  const double* y = nullptr;
  double* r = nullptr;                         // <- <A_i, Theta> - y_i
  const ResidualFunction* function = nullptr;  // null: weights are r
  const double* data = nullptr;                // of the function
  Totals totals{};                             // <- over all measurements

  /// What A* is applied to where the residual of measurement i is r_i.
  double weight(Index i, double r_i) const noexcept {
    return function == nullptr ? r_i : function->weight(r_i, data[i]);
  }
};

/// The totals of `count` measurements that live here. With `indices`, r[j] is the residual of
/// measurement indices[j]. The same bits for any number of threads.
Totals local_totals(const Residual& residual, Index count, const Index* indices,
                    const Execution& execution);

}  // namespace ipgd
