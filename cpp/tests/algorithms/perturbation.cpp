#include "ipgd/algorithms/perturbation.hpp"

#include "algorithms/runs.hpp"

namespace ipgd {

using namespace test;

namespace {

Perturbation near_stationary(double radius, double threshold, Index window) {
  Perturbation p;
  p.trigger = Trigger::near_stationary;
  p.radius = radius;
  p.gradient_threshold = threshold;
  p.window = window;
  return p;
}

Numbers noise(const Perturbation& p, Index t, Index n) {
  Numbers xi(static_cast<std::size_t>(n));
  std::vector<float> scratch(static_cast<std::size_t>(n));
  add_noise(p, t, xi.data(), n, scratch.data());
  return xi;
}

}  // namespace

TEST_CASE("a perturbation is due near a stationary point once the window has passed") {
  const Perturbation p = near_stationary(0.1, 1.0, 10);
  CHECK(p.due(11, 0, 1.0));
  CHECK(p.due(0, -11, 0.0));  // a run's first iterate
  CHECK_FALSE(p.due(10, 0, 1.0));
  CHECK_FALSE(p.due(11, 0, std::nextafter(1.0, 2.0)));
  CHECK_FALSE(p.due(11, 0, NAN));
}

TEST_CASE("only the near-stationary trigger is ever due") {
  Perturbation p = near_stationary(0.1, 1.0, 10);
  for (const Trigger trigger : {Trigger::never, Trigger::every_iteration}) {
    p.trigger = trigger;
    CHECK_FALSE(p.due(1000, 0, 0.0));
  }
}

TEST_CASE("a perturbation with settings that make no sense is refused") {
  for (const double bad : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    CHECK_THROWS_WITH_AS(near_stationary(bad, 1, 10).verify(),
                         doctest::Contains("radius: expected a finite positive number"),
                         InvalidArgument);
    Perturbation always = near_stationary(bad, 1, 10);
    always.trigger = Trigger::every_iteration;
    CHECK_THROWS_AS(always.verify(), InvalidArgument);
    always.trigger = Trigger::never;
    CHECK_NOTHROW(always.verify());
  }
  CHECK_NOTHROW(near_stationary(1e-300, 0, 1).verify());
  CHECK_THROWS_WITH_AS(near_stationary(1, -1, 10).verify(),
                       doctest::Contains("gradient_threshold: expected a finite number >= 0"),
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(near_stationary(1, 1, 0).verify(),
                       doctest::Contains("window: expected at least 1 iteration"), InvalidArgument);
}

TEST_CASE("uniform noise lies inside the ball and fills it evenly") {
  constexpr int count = 4000;
  for (const Index n : {1, 2, 10, 300}) {
    Perturbation p = near_stationary(1e-3, 1, 10);
    p.key = 77;
    double farthest = 0, sum = 0;
    for (Index t = 0; t < count; ++t) {
      const double r = norm(noise(p, t, n)) / p.radius;
      farthest = std::max(farthest, r);
      sum += std::pow(r, static_cast<double>(n)) - 0.5;  // r^n is uniform in (0, 1)
    }
    CAPTURE(n);
    CHECK(farthest <= 1 + 1e-14);
    CHECK(std::abs(sum) < 4 * std::sqrt(count / 12.0));
  }
}

TEST_CASE("gaussian noise has the radius as its root mean square length") {
  constexpr int count = 4000;
  for (const Index n : {1, 10, 300}) {
    Perturbation p = near_stationary(1e-3, 1, 10);
    p.noise = Noise::gaussian;
    double sum = 0;
    for (Index t = 0; t < count; ++t) {
      const double r = norm(noise(p, t, n)) / p.radius;
      sum += r * r - 1;
    }
    CHECK(std::abs(sum) < 4 * std::sqrt(2.0 * count / static_cast<double>(n)));
  }
}

TEST_CASE("noise is a function of key and iteration, and is added to x") {
  Perturbation p = near_stationary(0.1, 1, 10);
  p.key = 5;
  const Numbers xi = noise(p, 3, 20);
  CHECK(same_bits(noise(p, 3, 20), xi));
  CHECK_FALSE(same_bits(noise(p, 4, 20), xi));
  Numbers x = normals(20, 1);
  const Numbers before = x;
  std::vector<float> scratch(20);
  add_noise(p, 3, x.data(), 20, scratch.data());
  CHECK(relative_error(minus(x, before), xi) < 1e-13);
  p.key = 6;
  CHECK_FALSE(same_bits(noise(p, 3, 20), xi));
}

TEST_CASE("noise points everywhere: its mean is zero") {
  Perturbation p = near_stationary(1, 1, 10);
  constexpr int count = 4000;
  Numbers sum(5);
  for (Index t = 0; t < count; ++t) sum = minus(sum, noise(p, t, 5));
  for (const double s : sum)
    CHECK(std::abs(s) < 4 * std::sqrt(count / 7.0));  // E xi_j^2 = 1/(n + 2)
}

}  // namespace ipgd
