#include "ipgd/base/widen.hpp"

#include <limits>

#include "helpers.hpp"

namespace ipgd {
namespace {

/// The value of a finite bfloat16 pattern from its three fields.
double decoded(std::uint32_t bits) {
  const int exponent = static_cast<int>((bits >> 7) & 0xFF),
            fraction = static_cast<int>(bits & 127);
  const double size = exponent == 0 ? std::ldexp(fraction, -126 - 7)
                                    : std::ldexp(128 + fraction, exponent - 127 - 7);
  return (bits >> 15) != 0 ? -size : size;
}

std::vector<BFloat16> all_bfloat16(bool infinities) {
  std::vector<BFloat16> values;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits)
    if (const bool infinite = (bits & 0x7FFF) == 0x7F80;
        infinite ? infinities : (bits & 0x7F80) != 0x7F80)
      values.push_back({static_cast<std::uint16_t>(bits)});
  return values;
}

std::vector<std::int8_t> all_int8() {
  std::vector<std::int8_t> values;
  for (int value = -128; value < 128; ++value) values.push_back(static_cast<std::int8_t>(value));
  return values;
}

/// Ordinary numbers, subnormal ones, both ends of the exponents, both zeros, infinities.
template <class Real>
std::vector<Real> all_sorts() {
  using Limits = std::numeric_limits<Real>;
  std::vector<Real> values = {0,
                              -Real{0},
                              1,
                              Real{1} + Limits::epsilon(),
                              Limits::max(),
                              Limits::lowest(),
                              Limits::min(),
                              Limits::min() / 2,
                              Limits::denorm_min(),
                              -3 * Limits::denorm_min(),
                              Limits::infinity(),
                              -Limits::infinity()};
  std::vector<float> z(500);
  fill_normal(1, 2, 0, 500, z.data());
  for (const float value : z) {
    values.push_back(static_cast<Real>(value));
    values.push_back(static_cast<Real>(value) * Limits::min());  // half of them subnormal
  }
  return values;
}

/// How many lanes of load<Sum> differ in a bit from the converted numbers, wherever those begin in
/// a cache line.
template <class Sum, class Storage>
Index wrong_lanes(std::vector<Storage> values) {
  constexpr Index n = kLanes<Sum>, kOffsets = 64 / static_cast<Index>(sizeof(Storage));
  values.resize(static_cast<std::size_t>(round_up(static_cast<Index>(values.size()), n)),
                Storage{});
  const auto count = static_cast<Index>(values.size());
  auto memory = Buffer<Storage>::zeros(count + kOffsets);
  Index wrong = 0;
  for (Index offset = 0; offset < kOffsets; ++offset) {
    std::copy(values.begin(), values.end(), memory.data() + offset);
    for (Index j = 0; j < count; j += n) {
      Sum lanes[n], expected[n];
      store(lanes, load<Sum>(static_cast<const Storage*>(memory.data()) + offset + j));
      for (Index l = 0; l < n; ++l)
        expected[l] = static_cast<Sum>(widen(values[static_cast<std::size_t>(j + l)]));
      for (Index l = 0; l < n; ++l) wrong += std::memcmp(lanes + l, expected + l, sizeof(Sum)) != 0;
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("a bfloat16 widens to sign, exponent and fraction put together") {
  Index wrong = 0;
  const std::vector<BFloat16> values = all_bfloat16(false);
  REQUIRE(values.size() == 0x10000 - 2 * 128);
  for (const BFloat16 value : values) {
    const auto wide = static_cast<double>(widen(value)), expected = decoded(value.bits);
    wrong += !test::same_bits(&wide, &expected, 1);
  }
  CHECK(wrong == 0);
  CHECK(widen(BFloat16{0x7F80}) == std::numeric_limits<float>::infinity());
  CHECK(widen(BFloat16{0xFF80}) == -std::numeric_limits<float>::infinity());
}

TEST_CASE("a load is the exact conversion of each number, at every address") {
  CHECK(wrong_lanes<double>(all_bfloat16(true)) == 0);
  CHECK(wrong_lanes<float>(all_bfloat16(true)) == 0);
  CHECK(wrong_lanes<double>(all_int8()) == 0);
  CHECK(wrong_lanes<float>(all_int8()) == 0);
  CHECK(wrong_lanes<double>(all_sorts<float>()) == 0);
  CHECK(wrong_lanes<float>(all_sorts<float>()) == 0);
  CHECK(wrong_lanes<double>(all_sorts<double>()) == 0);
}

TEST_CASE("folding adds the two halves of a float Pack as doubles, without rounding") {
  float halves[16];
  double expected[8];
  for (int i = 0; i < 8; ++i) {
    const float small = i % 2 == 0 ? 0x1p-30f : -0x1p-30f;  // a float sum would lose it
    halves[i] = static_cast<float>(1 << i);
    halves[i + 8] = small;
    expected[i] = static_cast<double>(1 << i) + static_cast<double>(small);
  }
  double folded[8];
  store(folded, fold(load<float>(halves)));
  CHECK(test::same_bits(folded, expected, 8));
  store(folded, fold(load<double>(expected)));
  CHECK(test::same_bits(folded, expected, 8));
}

}  // namespace ipgd
