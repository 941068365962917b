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

}  // namespace ipgd
