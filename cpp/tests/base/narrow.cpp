#include "ipgd/base/narrow.hpp"

#include <limits>

#include "helpers.hpp"

namespace ipgd {

using namespace test;

namespace {

constexpr double kTwoTo128 = 0x1p128;  // what infinity counts as when a number is rounded

double rank_value(std::uint32_t bits) {
  return bits == 0x7F80 ? kTwoTo128
                        : static_cast<double>(widen(BFloat16{static_cast<std::uint16_t>(bits)}));
}

/// The pattern nearest to a value between those of `low` and `low + 1`, the even one of two.
std::uint32_t nearest(double value, std::uint32_t low) {
  const double below = value - rank_value(low), above = rank_value(low + 1) - value;
  if (below == above) return low + low % 2;
  return below < above ? low : low + 1;
}

template <class Storage, class Value>
Storage narrowed(Value value) {
  Storage to;
  narrow(&value, 1, &to);
  return to;
}

struct Int8Row {
  double step;
  bool exact;
  std::vector<std::int8_t> stored;
  double value(std::size_t j) const { return step * stored[j]; }
};
Int8Row int8_row(const Numbers& values) {
  Int8Row row{int8_step(values.data(), length(values)), false, {}};
  row.stored.resize(values.size());
  row.exact = narrow(values.data(), length(values), row.step, row.stored.data());
  return row;
}

bool is_power_of_two(double x) {
  int exponent;
  return std::frexp(x, &exponent) == 0.5;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "rounding to bfloat16 is to nearest, ties to even, beyond the largest to infinity", Value,
    float, double) {
  Index wrong = 0;
  for (std::uint32_t low = 0; low < 0x7F80; ++low)
    for (const std::uint32_t rest : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu})
      for (const std::uint32_t sign : {0u, 0x8000u}) {
        const std::uint32_t bits = (low << 16) | rest;
        float value;
        std::memcpy(&value, &bits, sizeof value);
        const std::uint32_t expected = nearest(static_cast<double>(value), low) | sign;
        wrong +=
            narrowed<BFloat16>(static_cast<Value>(sign != 0 ? -value : value)).bits != expected;
      }
  CHECK(wrong == 0);
}

TEST_CASE("a double is rounded to bfloat16 once, not first to float32") {
  for (const double beyond : {0x1p-26, 0x1p-40, 0x1p-52}) {
    CAPTURE(beyond);
    // 1 + 2^-8 lies half way between 1 (even) and 1 + 2^-7
    CHECK(widen(narrowed<BFloat16>(1 + 0x1p-8 + beyond)) == 1 + 0x1p-7f);
    CHECK(widen(narrowed<BFloat16>(1 + 0x1p-8)) == 1.0f);
    // 1 + 3/256 between 1 + 2^-7 and 1 + 2^-6 (even)
    CHECK(widen(narrowed<BFloat16>(1 + 3 * 0x1p-8 - beyond)) == 1 + 0x1p-7f);
    CHECK(widen(narrowed<BFloat16>(1 + 3 * 0x1p-8)) == 1 + 0x1p-6f);
  }
}

TEST_CASE("rounding to float32 is to nearest, ties to even, beyond the largest to infinity") {
  CHECK(narrowed<float>(1 + 0x1p-24) == 1.0f);
  CHECK(narrowed<float>(1 + 0x1p-24 + 0x1p-50) == 1 + 0x1p-23f);
  CHECK(narrowed<float>(1 + 3 * 0x1p-24) == 1 + 0x1p-22f);
  CHECK(narrowed<float>(-1 - 3 * 0x1p-24) == -1 - 0x1p-22f);
  CHECK(narrowed<float>(0x1p-150) == 0.0f);
  CHECK(narrowed<float>(3 * 0x1p-150) == 0x1p-148f);
  CHECK(narrowed<float>(3.5e38) == std::numeric_limits<float>::infinity());
  CHECK(narrowed<float>(-3.5e38) == -std::numeric_limits<float>::infinity());
}

TEST_CASE("narrow says whether it changed a value, wherever that value is") {
  for (const Index count : {1, 5, 8, 33}) {
    Numbers values(static_cast<std::size_t>(count), -0.0);
    for (Index j = 1; j < count; ++j) values[static_cast<std::size_t>(j)] = 1.0 / (1 << (j % 20));
    std::vector<double> d(values.size());
    std::vector<float> f(values.size());
    std::vector<BFloat16> b(values.size());
    CHECK(narrow(values.data(), count, d.data()));
    CHECK(narrow(values.data(), count, f.data()));
    CHECK(narrow(values.data(), count, b.data()));
    CHECK(same_bits(d, values));
    CHECK(b[0].bits == 0x8000);  // the sign of a zero is kept
    CHECK(std::equal(f.begin(), f.end(), b.begin(),
                     [](float x, BFloat16 y) { return x == widen(y); }));
    CHECK(narrow(f.data(), count, b.data()));
    for (Index j = 0; j < count; ++j)
      for (const double inexact : {0.1, 1e39, 1e-60}) {
        Numbers changed = values;
        changed[static_cast<std::size_t>(j)] = inexact;
        CHECK(narrow(changed.data(), count, d.data()));
        CHECK_FALSE(narrow(changed.data(), count, f.data()));
        CHECK_FALSE(narrow(changed.data(), count, b.data()));
      }
    for (Index j = 0; j < count; ++j) {
      std::vector<float> fine(f.size(), 1.0f);
      fine[static_cast<std::size_t>(j)] = 1 + 0x1p-8f;  // a float32 that is no bfloat16
      CHECK_FALSE(narrow(fine.data(), count, b.data()));
    }
  }
  float untouched = 7;
  CHECK(narrow(static_cast<const double*>(nullptr), 0, &untouched));
  CHECK(untouched == 7);
}

TEST_CASE("signs and small integers, times any power of two, are kept exactly by a power of two") {
  for (const int exponent : {-1015, -100, -3, 0, 5, 100, 1015})
    for (const int largest : {1, 2, 3, 63, 64, 65, 100, 126, 127}) {
      Numbers values;
      for (int q = -largest; q <= largest; ++q) values.push_back(std::ldexp(q, exponent));
      const Int8Row row = int8_row(values);
      CAPTURE(exponent);
      CAPTURE(largest);
      CHECK(is_power_of_two(row.step));
      CHECK(row.exact);
      Index wrong = 0;
      for (std::size_t j = 0; j < values.size(); ++j) wrong += row.value(j) != values[j];
      CHECK(wrong == 0);
    }
  CHECK(int8_row({1, -1, -1, 1}).exact);
}

TEST_CASE("a row of zeros has step zero and stays zero") {
  const Int8Row row = int8_row({0, -0.0, 0});
  CHECK(row.step == 0);
  CHECK(row.exact);
  CHECK(row.stored == std::vector<std::int8_t>{0, 0, 0});
}

TEST_CASE("other rows have the step max / 127, are within +-127 and off by half a step at most") {
  for (const double scale : {1e-300, 1e-3, 1.0, 1e10, 1e300})
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
      Numbers values = scaled(scale, normals(100, stream));
      double largest = 0;
      for (const double value : values) largest = std::max(largest, std::abs(value));
      const Int8Row row = int8_row(values);
      CHECK(row.step == largest / 127);
      CHECK_FALSE(row.exact);
      double worst = 0;
      int extreme = 0;
      for (std::size_t j = 0; j < values.size(); ++j) {
        worst = std::max(worst, std::abs(row.value(j) - values[j]));
        extreme = std::max(extreme, std::abs(static_cast<int>(row.stored[j])));
      }
      CHECK(worst <= row.step * (0.5 + 1e-13));  // 127 units of 2^-53 in the quotient
      CHECK(worst > 0.4 * row.step);             // 100 errors, uniform in half a step
      CHECK(extreme == 127);
    }
}

TEST_CASE("one number beyond an integer grid is enough to give the power of two up") {
  CHECK(int8_step(Numbers{127, 1}.data(), 2) == 1);
  CHECK(int8_step(Numbers{128, 1}.data(), 2) == 128.0 / 127);
  CHECK(int8_step(Numbers{128, 2}.data(), 2) == 2);
  CHECK(int8_step(Numbers{1, 0.1}.data(), 2) == 1.0 / 127);
}

TEST_CASE("tiny and huge rows are stored within half a step, too") {
  const double most = std::numeric_limits<double>::max(), least = 0x1p-1074;
  for (const Numbers& values :
       {Numbers{least, -least}, Numbers{0x1p-1022, 0x1.8p-1022, least},
        Numbers{most / 2, -most / 3}, Numbers{most, -most / 3, 1}, Numbers{-most, most, most}}) {
    CAPTURE(values[0]);
    const Int8Row row = int8_row(values);
    for (std::size_t j = 0; j < values.size(); ++j) {
      CHECK(std::isfinite(row.value(j)));
      CHECK(std::abs(row.value(j) - values[j]) <= row.step * (0.5 + 1e-13));
    }
  }
}

TEST_CASE("the discrete normal has variance 1, but for its cut-off") {
  const double n = static_cast<double>(kNormalSteps);
  // P(|round(n z)| >= q)
  const auto tail = [&](int q) { return std::erfc((q - 0.5) / n / std::sqrt(2.0)); };
  double whole = 0, cut = 0;
  for (int q = 1; q < 400; ++q) {
    const double term = (2 * q - 1) * tail(q);  // q^2 - (q - 1)^2
    whole += term;
    if (q <= 127) cut += term;
  }
  const double step = normal_int8_step();
  CHECK(std::abs(whole * step * step - 1) < 1e-13);  // Sheppard's 1/12 is off by e^(-2 pi^2 n^2)
  CHECK(cut * step * step < 1);
  CHECK(cut * step * step > 1 - 2.5e-7);  // z^2 - 5.3^2 beyond 5.3 standard deviations: 2.3e-7
}

TEST_CASE(
    "normals are rounded to 24 steps a standard deviation, ties to even, and cut off at 127") {
  // 24 z is a float for these z: 1.5, 4.5, -7.5; then steps beside the cut-off
  const std::vector<float> z = {0.0625f, 0.1875f, -0.3125f, 0.0f, 5.25f,
                                5.28f,   6.8f,    -5.28f,   -6.8f};
  std::vector<std::int8_t> stored(z.size());
  narrow_normal(z.data(), static_cast<Index>(z.size()), stored.data());
  CHECK(stored == std::vector<std::int8_t>{2, 4, -8, 0, 126, 127, 127, -127, -127});
  Index wrong = 0;
  for (int q = -127; q <= 127; ++q)
    for (const double off : {-0.49, 0.0, 0.49}) {
      const auto value = static_cast<float>((q + off) / 24);
      std::int8_t to;
      narrow_normal(&value, 1, &to);
      wrong += to != q;
    }
  CHECK(wrong == 0);
}

}  // namespace ipgd
