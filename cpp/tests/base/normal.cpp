#include "ipgd/base/normal.hpp"

#include <algorithm>

#include "helpers.hpp"

namespace ipgd {
namespace {

std::vector<float> row(std::uint64_t key, std::uint64_t i, std::uint64_t j_begin, Index count) {
  std::vector<float> z(static_cast<std::size_t>(count));
  fill_normal(key, i, j_begin, count, z.data());
  return z;
}

constexpr Index kMany = Index{1} << 20;

// Mean of f(z) over kMany normals, in standard deviations of that mean.
template <class F>
double deviation(const std::vector<float>& z, F f, double mean, double variance) {
  double sum = 0;
  for (const float value : z) sum += f(static_cast<double>(value));
  const double n = static_cast<double>(z.size());
  return std::abs(sum / n - mean) / std::sqrt(variance / n);
}

}  // namespace

TEST_CASE("normals agree with Box-Muller in double precision, up to float32 rounding") {
  const std::uint64_t keys[] = {0, 1, 0x123456789abcdef0u, ~std::uint64_t{0}};
  const std::uint64_t rows[] = {0, 1, 4096, std::uint64_t{1} << 40, ~std::uint64_t{0}};
  const std::uint64_t begins[] = {0, 4, std::uint64_t{1} << 34, ~std::uint64_t{0} - 4095};
  double worst = 0;  // error / bound
  for (const std::uint64_t key : keys)
    for (const std::uint64_t i : rows)
      for (const std::uint64_t begin : begins) {
        const std::vector<float> z = row(key, i, begin, 1000);
        for (std::size_t j = 0; j < z.size(); j += 2) {
          const double z0 = reference::normal(key, i, begin + j);
          const double z1 = reference::normal(key, i, begin + j + 1);
          // u in (0, 1) is rounded twice to a multiple of 2^-24 near 1: sqrt(-2 log u) is off by
          // 2^-24 / radius there, which exceeds 1e-5 for one pair in 10^5.
          const double bound = 2e-6 + 0x1p-23 / std::hypot(z0, z1);
          worst = std::max({worst, std::abs(static_cast<double>(z[j]) - z0) / bound,
                            std::abs(static_cast<double>(z[j + 1]) - z1) / bound});
        }
      }
  CHECK(worst < 1);
}

TEST_CASE("a normal depends on its address alone, not on where a fill begins or ends") {
  const std::vector<float> whole = row(42, 5, 0, 1200);
  bool same = true;
  for (Index begin = 0; begin < 300; ++begin)
    for (const Index count : {1, 2, 3, 5, 255, 256, 257, 700}) {
      const std::vector<float> piece = row(42, 5, static_cast<std::uint64_t>(begin), count);
      same &= std::equal(piece.begin(), piece.end(), whole.begin() + begin);
    }
  CHECK(same);
}

TEST_CASE("a fill of no entries writes nothing") {
  float z = 3;
  fill_normal(1, 2, 3, 0, &z);
  CHECK(z == 3);
}

TEST_CASE("the bits of the normals never change: seeds are values") {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const float value : row(2024, 17, 3, 65536)) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 1099511628211u;
  }
  CHECK(hash == 12611809910626863514u);
}

TEST_CASE("normals have the moments of N(0, 1)") {
  const std::vector<float> z = row(3, 0, 0, kMany);
  CHECK(deviation(z, [](double x) { return x; }, 0, 1) < 4);
  CHECK(deviation(z, [](double x) { return x * x; }, 1, 2) < 4);
  CHECK(deviation(z, [](double x) { return x * x * x; }, 0, 15) < 4);
  CHECK(deviation(z, [](double x) { return x * x * x * x; }, 3, 96) < 4);
}

TEST_CASE("normals of other rows, entries and keys are uncorrelated") {
  const std::vector<float> z = row(3, 0, 0, kMany);
  const auto correlation = [&](const std::vector<float>& other) {
    double sum = 0;
    for (std::size_t j = 0; j < z.size(); ++j)
      sum += static_cast<double>(z[j]) * static_cast<double>(other[j]);
    return std::abs(sum) / std::sqrt(static_cast<double>(kMany));
  };
  CHECK(correlation(row(3, 1, 0, kMany)) < 4);
  CHECK(correlation(row(3, std::uint64_t{1} << 32, 0, kMany)) < 4);
  CHECK(correlation(row(4, 0, 0, kMany)) < 4);
  CHECK(correlation(row(3 + (std::uint64_t{1} << 32), 0, 0, kMany)) < 4);
  for (std::uint64_t shift = 1; shift <= 4; ++shift)
    CHECK(correlation(row(3, 0, shift, kMany)) < 4);
}

TEST_CASE("normals are finite and stay below 6.8") {
  float largest = 0;
  bool finite = true;
  for (std::uint64_t i = 0; i < 4; ++i)
    for (const float value : row(99, i, 0, kMany)) {
      finite &= std::isfinite(value);
      largest = std::max(largest, std::abs(value));
    }
  CHECK(finite);
  CHECK(largest < 6.8f);
  CHECK(largest > 4.5f);  // P(all of 4 million below 4.5) = 4e-13
}

TEST_CASE("uniform01 lies in (0, 1), has mean 1/2 and variance 1/12") {
  constexpr int n = 100000;
  double low = 1, high = 0, sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double u = uniform01(11, static_cast<std::uint64_t>(i));
    low = std::min(low, u);
    high = std::max(high, u);
    sum += u - 0.5;
    squares += (u - 0.5) * (u - 0.5);
  }
  CHECK(low > 0);
  CHECK(low < 1e-3);
  CHECK(high < 1);
  CHECK(high > 1 - 1e-3);
  CHECK(std::abs(sum) < 4 * std::sqrt(n / 12.0));
  CHECK(std::abs(squares - n / 12.0) < 4 * std::sqrt(n / 180.0));
  CHECK(uniform01(11, 5) == uniform01(11, 5));
  CHECK(uniform01(11, 5) != uniform01(12, 5));
}

}  // namespace ipgd
