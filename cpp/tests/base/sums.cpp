#include "ipgd/base/sums.hpp"

#include <algorithm>
#include <limits>

#include "helpers.hpp"

namespace ipgd {
namespace {

constexpr Index kSizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 1001};

}  // namespace

TEST_CASE("dot agrees with the plain loop") {
  for (const Index n : kSizes) {
    const test::Numbers x = test::normals(n, 1), y = test::normals(n, 2);
    const double bound = 4 * std::numeric_limits<double>::epsilon() * test::norm(x) * test::norm(y);
    CAPTURE(n);
    CHECK(std::abs(dot(x.data(), y.data(), n) - test::inner(x, y)) <= bound);
    CHECK(norm(x.data(), n) == std::sqrt(dot(x.data(), x.data(), n)));
  }
}

TEST_CASE("dot does not depend on the addresses of its arguments") {
  for (const Index n : kSizes) {
    const test::Numbers x = test::normals(n, 1), y = test::normals(n, 2);
    const double expected = dot(x.data(), y.data(), n);
    test::Numbers moved_x(x.size() + 8), moved_y(y.size() + 8);
    for (Index a = 0; a < 8; ++a)
      for (Index b = 0; b < 8; ++b) {
        std::copy(x.begin(), x.end(), moved_x.begin() + a);
        std::copy(y.begin(), y.end(), moved_y.begin() + b);
        const double moved = dot(moved_x.data() + a, moved_y.data() + b, n);
        REQUIRE(test::same_bits(&moved, &expected, 1));
      }
  }
}

TEST_CASE("a norm neither overflows nor underflows before its result") {
  for (const double scale : {0x1p-1000, 0x1p-500, 1.0, 0x1p500, 0x1p1000}) {
    const double x[] = {3 * scale, 0, -4 * scale};
    CHECK(norm(x, 3) == 5 * scale);
  }
  const double zeros[] = {0, 0};
  CHECK(norm(zeros, 2) == 0);
  const double infinite[] = {1, INFINITY}, undefined[] = {NAN, 1};
  CHECK(std::isinf(norm(infinite, 2)));
  CHECK(std::isnan(norm(undefined, 2)));
}

TEST_CASE("a growth rate is right at any size of its vectors") {
  const double x[] = {3, 4, 0}, dx[] = {-1, 2, 7};
  for (const int e : {0, 300, -300, 1000, -990, -1060})
    for (const int slope : {0, 100, -100}) {
      double a[3], b[3];
      for (int j = 0; j < 3; ++j)
        a[j] = std::ldexp(x[j], e), b[j] = std::ldexp(dx[j], e / 2 + slope);
      CHECK(growth_rate(a, b, 3) == doctest::Approx(std::ldexp(-0.2, e / 2 + slope - e)));
    }
}

TEST_CASE("what is not there does not grow, unless something comes") {
  const double none[] = {0, 0}, some[] = {0, 1e-300}, bad[] = {NAN, 1};
  CHECK(growth_rate(none, none, 2) == 0);
  CHECK(growth_rate(some, none, 2) == 0);
  CHECK(growth_rate(none, some, 2) == HUGE_VAL);
  CHECK(growth_rate(some, some, 2) == -1);
  CHECK(growth_rate(none, none, 0) == 0);
  for (const auto* other : {none, some}) {
    CHECK(std::isnan(growth_rate(bad, other, 2)));
    CHECK(std::isnan(growth_rate(other, bad, 2)));
  }
}

}  // namespace ipgd
