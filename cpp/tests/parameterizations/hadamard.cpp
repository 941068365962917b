#include "ipgd/parameterizations/hadamard.hpp"

#include "algorithms/runs.hpp"
#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

namespace {

/// A truth with the entries 3, 0, -2, 0, 0, ...
Truth sparse_truth(Index d) {
  Truth truth{Matrix::Zero(d, 1), Matrix(d, 1), Matrix::Ones(1, 1)};
  truth.theta(0, 0) = 3, truth.theta(2, 0) = -2;
  truth.left = truth.theta / truth.theta.norm();
  return truth;
}

}  // namespace

TEST_CASE("the gradients of the entrywise models are the slopes of their losses") {
  const Index m = 15;
  for (const Index d : {1, 7, 20}) {
    const auto op = rectangular_gaussian(m, d, 1);
    const Numbers y = normals(m, 2);
    for (const Index power : {2, 3, 4})
      check_slopes(*op, HadamardPower(d, power), y, normals(2 * d, 3), 0.25);
    check_slopes(*op, HadamardProduct(d), y, normals(2 * d, 3));
  }
}

TEST_CASE("Theta of the entrywise models") {
  const Numbers theta = {2, -3, 0.5, 1, 2, 0};  // u, v
  const auto is = [&](const Parameterization& model, double a, double b, double c) {
    const Matrix found = assembled(model, theta);
    return found(0, 0) == a && found(1, 0) == b && found(2, 0) == c;
  };
  CHECK(is(HadamardPower(3, 2), 3, 5, 0.25));
  CHECK(is(HadamardPower(3, 3), 7, -35, 0.125));
  CHECK(is(HadamardProduct(3), 2, -6, 0));
}

TEST_CASE("pulling back entry by entry does not depend on addresses") {
  for (const Index d : {1, 7, 33}) {
    check_addresses(HadamardPower(d, 2));
    check_addresses(HadamardPower(d, 3));
    check_addresses(HadamardProduct(d));
  }
}

TEST_CASE("the entrywise models have the same bits alone, in company and on threads") {
  const auto op = rectangular_gaussian(1100, 250, 1);
  REQUIRE_FALSE(op->is_small());
  check_company(*op, HadamardPower(250, 2));
  check_company(*op, HadamardProduct(250));
}

TEST_CASE("entries that start at zero stay there exactly") {
  const Index d = 12, m = 30;
  const auto op = rectangular_gaussian(m, d, 1);
  const Numbers y = normals(m, 2);
  for (const Index power : {2, 3}) {
    const HadamardPower model(d, power);
    const Objective objective(*op, model, y.data());
    Numbers start = normals(2 * d, 4);
    for (const std::size_t i : {1u, 5u, 11u}) start[i] = start[i + 12] = 0;
    const Result result = run(objective, with_budget(gradient_descent(1e-3), 200), start);
    CHECK(result.outcome.status == Status::max_iter);
    for (std::size_t i = 0; i < 24; ++i) CHECK((result.theta[i] == 0) == (start[i] == 0));
  }
  const HadamardProduct product(d);
  Numbers start = normals(2 * d, 4);
  start[5] = start[17] = 0;
  const Result result =
      run(Objective(*op, product, y.data()), with_budget(gradient_descent(1e-3), 200), start);
  for (std::size_t i = 0; i < 24; ++i) CHECK((result.theta[i] == 0) == (i == 5 || i == 17));
}

TEST_CASE("the entrywise models name and size their parts") {
  const HadamardPower power(5, 3);
  CHECK(power.blocks()[0].name == "u");
  CHECK(power.blocks()[1].name == "v");
  CHECK(power.blocks()[1].rows == 5);
  CHECK(power.blocks()[1].cols == 1);
  CHECK(power.size() == 10);
  CHECK(power.rows() == 5);
  CHECK(power.cols() == 1);
  CHECK(power.view_rank() == 1);
  CHECK(power.degree() == 3);
  CHECK(power.stiffness() == 9);
  CHECK(power.entrywise());
  CHECK(power.spectrum_size() == 5);
  CHECK(power.start_size() == 1e-2);
  CHECK(HadamardPower(5, 2).start_size() == 1e-40);
  const HadamardProduct product(5);
  CHECK(product.size() == 10);
  CHECK(product.degree() == 2);
  CHECK(product.stiffness() == 2);
  CHECK(product.blocks()[0].unit == 1);
  CHECK(product.blocks()[1].unit == 0);
}

TEST_CASE("the spectrum of a vector is its entries by size") {
  const Numbers theta = {2, -3, 0.5, 1, 1, 2, 0, 9};  // Theta = u∘v = 2, -6, 0, 9
  const Vector found = HadamardProduct(4).singular_values(theta.data(), 3);
  CHECK(found == (Vector(3) << 9, 6, 2).finished());
}

TEST_CASE("parameters of a given vector") {
  const Vector one = Vector::Ones(1);
  for (const Index d : {1, 6}) {
    for (const Index power : {2, 3, 5}) check_lift(HadamardPower(d, power), 3 * one);
    check_lift(HadamardProduct(d), 3 * one);
  }
  CHECK(lifted(HadamardPower(3, 2), 0 * one) == Numbers(6, 0.0));
}

TEST_CASE("(u, v) splits into the truth's support and the rest") {
  const Numbers theta = {3, 1, 0, 2, 4, 0, 12, 2};  // u, v
  for (const Split& split : {HadamardPower(4, 2).split(theta.data(), sparse_truth(4)),
                             HadamardProduct(4).split(theta.data(), sparse_truth(4))}) {
    CHECK(split.signal == doctest::Approx(13).epsilon(1e-15));   // 3, 0, 4, 12
    CHECK(split.residual == doctest::Approx(3).epsilon(1e-15));  // 1, 2, 0, 2
  }
}

TEST_CASE("an entrywise model refuses operators that cannot measure it, and senseless sizes") {
  CHECK_NOTHROW(HadamardPower(4, 2).check(*rectangular_gaussian(3, 4, 1)));
  CHECK_THROWS_WITH_AS(HadamardPower(4, 2).check(*rectangular_gaussian(3, 4, 5)),
                       "parameterization: expected a model of matrices for an operator on matrices "
                       "(4 x 5), got HadamardPower, whose Theta is a vector (d x 1)",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(HadamardProduct(5).check(*rectangular_gaussian(3, 4, 1)),
                       "parameterization: expected as many entries as the operator's Theta (4), "
                       "got 5",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(HadamardPower(4, 1), "power: expected a power of at least 2, got 1",
                       InvalidArgument);
  CHECK_THROWS_AS(HadamardPower(Index{1} << 61, 2), std::length_error);
  CHECK_THROWS_WITH_AS(HadamardProduct(0), "dimension: expected a size of at least 1, got 0",
                       InvalidArgument);
}

}  // namespace ipgd
