#include "ipgd/base/size.hpp"

#include <limits>
#include <stdexcept>

#include "helpers.hpp"

namespace ipgd {

TEST_CASE("checked_product multiplies what fits and refuses what does not") {
  constexpr Index max = std::numeric_limits<Index>::max();
  CHECK(checked_product({}) == 1);
  CHECK(checked_product({3, 5, 7}) == 105);
  CHECK(checked_product({0, max, 1}) == 0);
  CHECK(checked_product({max}) == max);
  CHECK(checked_product({max / 2, 2}) == max - 1);
  CHECK_THROWS_AS(checked_product({max / 2 + 1, 2}), std::length_error);
  CHECK_THROWS_AS(checked_product({Index{1} << 32, Index{1} << 31}), std::length_error);
  CHECK_THROWS_AS(checked_product({Index{1} << 22, Index{1} << 22, Index{1} << 22}),
                  std::length_error);
  CHECK_THROWS_WITH_AS(checked_product({4, -1}), "negative size -1", std::length_error);
}

TEST_CASE("round_up gives the next multiple and leaves multiples alone") {
  CHECK(round_up(0, 8) == 0);
  CHECK(round_up(1, 8) == 8);
  CHECK(round_up(8, 8) == 8);
  CHECK(round_up(9, 8) == 16);
}

}  // namespace ipgd
