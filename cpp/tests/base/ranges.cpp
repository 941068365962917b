#include "ipgd/base/ranges.hpp"

#include "helpers.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {

using namespace test;

namespace {

std::vector<std::pair<Index, Index>> bounds(const Ranges& ranges) {
  std::vector<std::pair<Index, Index>> out;
  for (const Range& range : ranges) out.emplace_back(range.begin, range.end);
  return out;
}

}  // namespace

TEST_CASE("ranges are widened to packs, merged, and end with the vector") {
  using Bounds = std::vector<std::pair<Index, Index>>;
  CHECK(Ranges::whole(13).all());
  Ranges some(30);
  some.add(0, 1);
  some.add(7, 9);
  CHECK(bounds(some) == Bounds{{0, 16}});
  some.add(29, 30);
  CHECK(bounds(some) == Bounds{{0, 16}, {24, 30}});
  CHECK_FALSE(some.all());
  Ranges rows(100);
  rows.add_rows({0, 7, 8}, 5, 10);  // 10 to 15, 45 to 55
  CHECK(bounds(rows) == Bounds{{8, 16}, {40, 56}});
}

TEST_CASE("the norm over ranges is that of the vector, at either end of the exponents too") {
  for (const Index n : {1, 7, 8, 61, 1000})
    for (const double unit : {1.0, 1e-200, 1e200}) {
      CAPTURE(n);
      CAPTURE(unit);
      Numbers x(static_cast<std::size_t>(n));
      Ranges ranges(n);
      for (Index i = 0; i < n; i += 37) {
        x[static_cast<std::size_t>(i)] = unit * (1 + static_cast<double>(i));
        ranges.add(i, i + 1);
      }
      CHECK(norm(x.data(), ranges) == doctest::Approx(norm(x.data(), n)).epsilon(1e-14));
    }
}

}  // namespace ipgd
