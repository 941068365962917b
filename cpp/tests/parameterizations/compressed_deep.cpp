#include "ipgd/parameterizations/compressed_deep.hpp"

#include <array>

#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("the compressed model is a deep one times gamma") {
  // rows, cols, depth, rank
  for (const auto& [d1, d2, depth, rank] :
       {std::array<Index, 4>{5, 7, 2, 1}, {7, 5, 3, 2}, {2, 2, 1, 1}, {30, 20, 3, 4}}) {
    // c = 0.25 up to rounding, whatever its two parts
    const double magnitude = 8;
    const CompressedDeep model(d1, d2, depth, rank,
                               0.25 * std::pow(magnitude, 2.0 / static_cast<double>(depth)),
                               magnitude);
    std::vector<Index> sizes(static_cast<std::size_t>(depth) + 3, 2 * rank);
    sizes.front() = d2;
    sizes.back() = d1;
    const DeepFactor deep(sizes);
    const Numbers theta = normals(model.size(), 3);
    CHECK((assembled(model, theta) - 0.25 * assembled(deep, theta)).norm() <=
          1e-14 * assembled(deep, theta).norm());
    check_slopes(*rectangular_gaussian(15, d1, d2), model, normals(15, 2), theta, 0.25, depth + 2);
    check_addresses(model);
  }
  check_company(*rectangular_gaussian(300, 20, 33), CompressedDeep(20, 33, 3, 5, 0.01, 2));
}

TEST_CASE("the compressed model says what it is made of") {
  const CompressedDeep model(4, 6, 3, 2, 0.01, 8);
  const std::vector<Block> blocks = model.blocks();
  REQUIRE(blocks.size() == 5u);
  const char* const names[] = {"right", "W1", "W2", "W3", "left"};
  for (std::size_t j = 0; j < 5; ++j) CHECK(blocks[j].name == names[j]);
  CHECK(blocks[0].cols == 6);
  CHECK(blocks[4].rows == 4);
  CHECK(blocks[0].unit == doctest::Approx(20));  // 10 * 8^(1/3)
  CHECK(blocks[1].unit == 1);
  CHECK(blocks[4].unit == doctest::Approx(20));
  CHECK(model.size() == 24 + 3 * 16 + 16);
  CHECK(model.degree() == 3);
  CHECK(model.stiffness() == doctest::Approx(3.02));
  CHECK(model.start_size() == 1e-2);
  check_lift(CompressedDeep(6, 7, 3, 2, 0.25, 5), (Vector(3) << 8, 1, 1e-3).finished());
}

TEST_CASE("a compressed model refuses senseless settings and operators") {
  CHECK_THROWS_WITH_AS(CompressedDeep(4, 4, 3, 1, 0.0, 1),
                       "gamma: expected a finite positive number, got 0", InvalidArgument);
  for (const double magnitude : {0.0, -1.0, static_cast<double>(INFINITY)})
    CHECK_THROWS_AS(CompressedDeep(4, 4, 3, 1, 1.0, magnitude), InvalidArgument);
  CHECK_THROWS_WITH_AS(CompressedDeep(4, 4, 0, 1, 1.0, 1),
                       "depth: expected a size of at least 1, got 0", InvalidArgument);
  CHECK_THROWS_WITH_AS(CompressedDeep(4, 4, 2, 0, 1.0, 1),
                       "rank: expected a size of at least 1, got 0", InvalidArgument);
  CHECK_THROWS_WITH_AS(
      CompressedDeep(4, 4, 2, 1, 1.0, 1).check(*symmetric_gaussian(3, 4)),
      "parameterization: expected SymmetricFactor for an operator on symmetric "
      "matrices (Dense takes any), got CompressedDeep, whose Theta = W_N ... W_1 is not symmetric",
      InvalidArgument);
}

}  // namespace ipgd
