#include "ipgd/parameterizations/weight_normalized.hpp"

#include "algorithms/runs.hpp"
#include "parameterizations/factor_checks.hpp"

namespace ipgd {

using namespace test;

namespace {

constexpr Index kD = 20, kM = 15;

/// w_+ or w_- at theta.
Numbers weight(const Numbers& theta, bool minus, double rho) {
  const std::size_t d = theta.size() / 2 - 1, at = minus ? d + 1 : 0;
  const Numbers v(theta.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                  theta.begin() + static_cast<std::ptrdiff_t>(at + 1 + d));
  return scaled(theta[at] / std::sqrt(rho) / norm(v), v);
}

Numbers direction(const Numbers& theta, bool minus) {
  return minus ? Numbers(theta.begin() + kD + 2, theta.end())
               : Numbers(theta.begin() + 1, theta.begin() + kD + 1);
}

}  // namespace

TEST_CASE("the gradient of the weight-normalised model is the slope of its loss") {
  for (const Index d : {2, 7, 20}) {
    const auto op = rectangular_gaussian(kM, d, 1);
    for (const Index power : {2, 3})
      for (const double rho : {1.0, 10.0}) {
        const WeightNormalized model(d, power, rho);
        // Not a polynomial: of order h^12.
        check_slopes(*op, model, normals(kM, 2), normals(model.size(), 6), 0.01, 6);
      }
  }
}

TEST_CASE("the gradient of the weight-normalised model is the paper's, for lengths g / sqrt(rho)") {
  const auto op = rectangular_gaussian(kM, kD, 1);
  const double rho = 4;
  const WeightNormalized model(kD, 2, rho);
  const Numbers y = normals(kM, 2), theta = normals(model.size(), 3);
  const Numbers gradient = evaluate(*op, model, y, theta).gradient;
  Numbers uv = weight(theta, false, rho);
  const Numbers w_minus = weight(theta, true, rho);
  uv.insert(uv.end(), w_minus.begin(), w_minus.end());
  const Numbers slopes = evaluate(*op, HadamardPower(kD, 2), y, uv).gradient;
  for (const bool minus : {false, true}) {
    const Numbers v = direction(theta, minus);
    const auto half = slopes.begin() + (minus ? kD : 0);
    const Numbers slope(half, half + kD);
    const double g = theta[minus ? kD + 1 : 0], along = inner(slope, v) / norm(v);
    // dL/dg = <grad_w, v> / ||v||,  dL/dv = (g/||v||) (I - v vᵀ/||v||^2) grad_w
    CHECK(gradient[minus ? kD + 1 : 0] == doctest::Approx(along / std::sqrt(rho)).epsilon(1e-13));
    const Numbers expected = scaled(g / std::sqrt(rho) / norm(v),
                                    ::ipgd::test::minus(slope, scaled(along / norm(v), v)));
    CHECK(relative_error(direction(gradient, minus), expected) < 1e-13);
  }
}

TEST_CASE("the gradient in v is orthogonal to v, and no step makes v shorter") {
  const auto op = rectangular_gaussian(kM, kD, 1);
  const Numbers y = normals(kM, 2);
  for (const double rho : {1.0, 0.01}) {
    const WeightNormalized model(kD, 2, rho);
    const Objective objective(*op, model, y.data());
    Trajectory trajectory;
    Recorder recorder({}, 1000000, 1, model, false);
    run(objective, with_budget(gradient_descent(0.1 * rho), 300), normals(model.size(), 3),
        recorder, &trajectory);
    REQUIRE(trajectory.iterates.size() == 301);
    double length[] = {0, 0};
    for (const Numbers& theta : trajectory.iterates) {
      const Numbers gradient = evaluate(*op, model, y, theta).gradient;
      for (const bool minus : {false, true}) {
        const Numbers v = direction(theta, minus), slope = direction(gradient, minus);
        CHECK(std::abs(inner(v, slope)) <= 1e-14 * norm(v) * norm(slope));
        CHECK(norm(v) >= length[minus] * (1 - 1e-15));
        length[minus] = norm(v);
      }
    }
    // It does grow.
    CHECK(length[0] > norm(direction(trajectory.iterates.front(), false)) + 1e-6);
  }
}

TEST_CASE("pulling back through directions does not depend on addresses") {
  for (const Index d : {1, 7, 33}) check_addresses(WeightNormalized(d, 2, 10));
}

TEST_CASE("the weight-normalised model has the same bits alone, in company and on threads") {
  check_company(*rectangular_gaussian(1100, 250, 1), WeightNormalized(250, 2, 10));
}

TEST_CASE("the weight-normalised model names and sizes its parts") {
  const WeightNormalized model(16, 3, 0.25);
  const char* names[] = {"g_plus", "v_plus", "g_minus", "v_minus"};
  const std::vector<Block> blocks = model.blocks();
  REQUIRE(blocks.size() == 4u);
  for (std::size_t b = 0; b < 4; ++b) {
    CHECK(blocks[b].name == names[b]);
    CHECK(blocks[b].rows == (b % 2 == 0 ? 1 : 16));
    CHECK(blocks[b].cols == 1);
    CHECK(blocks[b].unit == (b % 2 == 0 ? 2 : 1));  // sqrt(16) sqrt(1/4)
  }
  CHECK(model.size() == 34);
  CHECK(model.degree() == 3);
  CHECK(model.stiffness() == 36);
  CHECK(WeightNormalized(16, 3, 2).stiffness() == 9);
  CHECK(model.entrywise());
}

TEST_CASE("entries of one and lengths of their units are weights of one") {
  const WeightNormalized model(16, 2, 0.25);
  Numbers theta(34, 1.0);
  theta[0] = theta[17] = 2;
  CHECK(weight(theta, false, 0.25) == Numbers(16, 1.0));
  CHECK(assembled(model, theta).norm() == 0);
}

TEST_CASE("lengths and directions of a given vector") {
  const Vector one = Vector::Ones(1);
  for (const double rho : {1.0, 10.0}) {
    check_lift(WeightNormalized(6, 2, rho), 3 * one);
    check_lift(WeightNormalized(6, 3, rho), 0 * one);
  }
  const Numbers zero = lifted(WeightNormalized(3, 2, 1), 0 * one);
  CHECK(zero == Numbers{0, 1, 1, 1, 0, 1, 1, 1});
}

TEST_CASE("weights split into the truth's support and the rest") {
  Numbers theta = {5, 3, 4, 0, 2, 0, 0, 1};  // w_+ = (3, 4, 0), w_- = (0, 0, 2)
  Truth truth{Matrix::Zero(3, 1), Matrix::Zero(3, 1), Matrix::Ones(1, 1)};
  truth.theta(0, 0) = 1;
  const Split split = WeightNormalized(3, 2, 1).split(theta.data(), truth);
  CHECK(split.signal == doctest::Approx(3).epsilon(1e-15));
  CHECK(split.residual == doctest::Approx(std::sqrt(20)).epsilon(1e-15));
}

TEST_CASE("a direction must not be zero, and a ratio is a positive number") {
  const WeightNormalized model(2, 2, 1);
  const Numbers good = {0, 1, 0, 0, 0, 1}, bad = {1, 1, 0, 1, 0, 0};
  CHECK_NOTHROW(model.admit(good.data()));
  CHECK_THROWS_WITH_AS(model.admit(bad.data()),
                       "init: expected v_plus and v_minus that are not zero (they are directions), "
                       "got zeros",
                       InvalidArgument);
  for (const double rho : {0.0, -1.0, static_cast<double>(INFINITY), static_cast<double>(NAN)})
    CHECK_THROWS_AS(WeightNormalized(2, 2, rho), InvalidArgument);
}

}  // namespace ipgd
