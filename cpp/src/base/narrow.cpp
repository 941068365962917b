#include "ipgd/base/narrow.hpp"

#include <algorithm>
#include <cmath>

namespace ipgd {
namespace {

constexpr double kInt8Max = 127;

inline std::uint32_t bits_of(float value) noexcept {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// float32 with the last bit set where digits were lost: rounding that again is rounding once.
inline std::uint32_t bits_to_odd(double value) noexcept {
  const auto nearest = static_cast<float>(value);
  const double back = static_cast<double>(nearest);
  const std::uint32_t bits = bits_of(nearest), away = std::abs(back) > std::abs(value);
  return back == value ? bits : (bits - away) | 1u;
}
inline std::uint32_t bits_to_odd(float value) noexcept { return bits_of(value); }

template <class Value>
inline BFloat16 round_to_bfloat16(Value value) noexcept {
  std::uint32_t bits = bits_to_odd(value);
  bits += 0x7FFFu + ((bits >> 16) & 1u);  // half a unit of the last place, ties to even
  return {static_cast<std::uint16_t>(bits >> 16)};
}

}  // namespace

template <class Storage, class Value>
bool narrow(const Value* from, Index count, Storage* to) noexcept {
  // A sum in place of a flag, because GCC vectorises it.
  int changed = 0;
  for (Index j = 0; j < count; ++j) {
    if constexpr (std::is_same_v<Storage, BFloat16>) {
      to[j] = round_to_bfloat16(from[j]);
    } else {
      to[j] = static_cast<Storage>(from[j]);
    }
    changed += static_cast<Value>(widen(to[j])) != from[j];
  }
  return changed == 0;
}

template bool narrow(const double*, Index, double*) noexcept;
template bool narrow(const double*, Index, float*) noexcept;
template bool narrow(const double*, Index, BFloat16*) noexcept;
template bool narrow(const float*, Index, double*) noexcept;
template bool narrow(const float*, Index, float*) noexcept;
template bool narrow(const float*, Index, BFloat16*) noexcept;

double int8_step(const double* from, Index count) noexcept {
  double largest = 0;
  for (Index j = 0; j < count; ++j) largest = std::max(largest, std::abs(from[j]));
  if (largest == 0) return 0;
  double step = std::max(largest / kInt8Max, 0x1p-1022);
  if (!std::isfinite(kInt8Max * step)) step = std::nextafter(step, 0.0);
  const double power = std::exp2(std::ceil(std::log2(step)));
  bool on_grid = std::isfinite(kInt8Max * power);
  for (Index j = 0; on_grid && j < count; ++j) {
    const double q = from[j] / power;
    on_grid = q == std::nearbyint(q);
  }
  return on_grid ? power : step;
}

bool narrow(const double* from, Index count, double step, std::int8_t* to) noexcept {
  const double inverse = step > 0 ? 1 / step : 0;
  int changed = 0;
  for (Index j = 0; j < count; ++j) {
    const double q = std::min(std::max(std::nearbyint(from[j] * inverse), -kInt8Max), kInt8Max);
    to[j] = static_cast<std::int8_t>(q);
    changed += step * q != from[j];
  }
  return changed == 0;
}

double normal_int8_step() noexcept {
  return 1 / std::sqrt(static_cast<double>(kNormalSteps * kNormalSteps) + 1.0 / 12);
}

void narrow_normal(const float* z, Index count, std::int8_t* to) noexcept {
  constexpr auto kMax = static_cast<float>(kInt8Max);
  for (Index j = 0; j < count; ++j) {
    const float q = std::min(std::max(std::nearbyint(z[j] * kNormalSteps), -kMax), kMax);
    to[j] = static_cast<std::int8_t>(q);
  }
}

}  // namespace ipgd
