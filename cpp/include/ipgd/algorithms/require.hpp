// Checks of real settings; each throws InvalidArgument with the argument's name.
#pragma once

#include <cmath>

#include "ipgd/base/error.hpp"

namespace ipgd {

inline void require(bool ok, const char* argument, const char* expected, double given) {
  if (!ok) throw InvalidArgument(argument, expected, text(given));
}

inline void require_finite_positive(const char* argument, double value) {
  require(std::isfinite(value) && value > 0, argument, "a finite positive number", value);
}

inline void require_finite_nonnegative(const char* argument, double value) {
  require(std::isfinite(value) && value >= 0, argument, "a finite number >= 0", value);
}

inline void require_probability(const char* argument, double value) {
  require(value > 0 && value < 1, argument, "a number in (0, 1)", value);
}

}  // namespace ipgd
