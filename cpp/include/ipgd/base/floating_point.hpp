// How the calling thread rounds.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace ipgd {

/// Rounding mode and treatment of subnormal numbers of the thread that asks.
class FloatingPointMode {
 public:
#if defined(__SSE2__)
  // What the vector units obey. fegetenv and fesetenv read and write the x87 unit, too, which
  // nothing here uses: 324 ns a pair instead of a few (November 2026, virtual x86-64-v4).
  FloatingPointMode() noexcept : value_(_mm_getcsr()) {}
  /// Gives this mode to the calling thread.
  void apply() const noexcept { _mm_setcsr(value_); }

 private:
  unsigned value_;
#else
  FloatingPointMode() noexcept { std::fegetenv(&value_); }
  void apply() const noexcept { std::fesetenv(&value_); }

 private:
  std::fenv_t value_;
#endif
};

}  // namespace ipgd
