// Rounding numbers to the types in which measurement matrices are stored.
#pragma once

#include "ipgd/base/widen.hpp"

namespace ipgd {

/// to[j] <- from[j], rounded to nearest (ties to even); false when a value was changed.
template <class Storage, class Value>
bool narrow(const Value* from, Index count, Storage* to) noexcept;

/// The step of an int8 grid for these values: a power of two where that keeps all of them (signs,
/// small integers), else max |from| / 127. Zero when all are zero.
double int8_step(const double* from, Index count) noexcept;
/// to[j] <- from[j] / step rounded, within +-127; false when step * to[j] != from[j] somewhere.
bool narrow(const double* from, Index count, double step, std::int8_t* to) noexcept;

/// A Gaussian on an int8 grid: kNormalSteps * z rounded, within +-127 (5.3 standard deviations).
/// Rounding adds the variance 1/12 (Sheppard), so normal_int8_step() times it has variance 1.
inline constexpr float kNormalSteps = 24;
double normal_int8_step() noexcept;
void narrow_normal(const float* z, Index count, std::int8_t* to) noexcept;

}  // namespace ipgd
