#include "ipgd/algorithms/methods.hpp"

#include "algorithms/runs.hpp"

namespace ipgd {

using doctest::Approx;

namespace {

PgdInputs inputs() {
  PgdInputs in;
  in.smoothness = 2.5;
  in.hessian_lipschitz = 0.7;
  in.epsilon = 1e-3;
  in.c = 0.4;
  in.failure_probability = 0.05;
  in.function_gap = 3.0;
  in.dimension = 120;
  return in;
}

}  // namespace

TEST_CASE("PGD's constants are those of Algorithm 2") {
  const PgdConstants k = pgd_constants(inputs());
  const double l = 2.5, rho = 0.7, eps = 1e-3, c = 0.4, delta = 0.05, gap = 3.0, d = 120;
  const double chi = 3 * std::log(d * l * gap / (c * eps * eps * delta));  // above 12 here
  REQUIRE(chi > 12);
  CHECK(k.chi == Approx(chi).epsilon(1e-14));
  CHECK(k.step_size == Approx(c / l).epsilon(1e-14));
  CHECK(k.radius == Approx(std::sqrt(c) / std::pow(chi, 2) * eps / l).epsilon(1e-14));
  CHECK(k.gradient_threshold == Approx(std::sqrt(c) / std::pow(chi, 2) * eps).epsilon(1e-14));
  CHECK(k.decrease_threshold ==
        Approx(c / std::pow(chi, 3) * std::pow(eps, 1.5) / std::sqrt(rho)).epsilon(1e-14));
  CHECK(k.window == static_cast<Index>(std::ceil(chi / (c * c) * l / std::sqrt(rho * eps))));
}

TEST_CASE("PGD's constants at a point worked out by hand") {
  // l = rho = eps = c = 1, d Df / delta = 2: the logarithm is below 4, so chi = 12.
  PgdInputs in;
  in.smoothness = in.hessian_lipschitz = in.epsilon = in.c = in.function_gap = 1;
  in.failure_probability = 0.5;
  in.dimension = 1;
  const PgdConstants k = pgd_constants(in);
  CHECK(k.chi == 12);
  CHECK(k.step_size == 1);
  CHECK(k.radius == Approx(1.0 / 144).epsilon(1e-15));
  CHECK(k.gradient_threshold == Approx(1.0 / 144).epsilon(1e-15));
  CHECK(k.decrease_threshold == Approx(1.0 / 1728).epsilon(1e-15));
  CHECK(k.window == 12);
}

TEST_CASE("PGD's inputs are checked one by one") {
  const auto refused = [](auto change, const char* argument) {
    PgdInputs in = inputs();
    change(in);
    CHECK_THROWS_WITH_AS(pgd_constants(in), doctest::Contains(argument), InvalidArgument);
  };
  for (const double bad : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    refused([&](PgdInputs& in) { in.smoothness = bad; }, "smoothness: ");
    refused([&](PgdInputs& in) { in.hessian_lipschitz = bad; }, "hessian_lipschitz: ");
    refused([&](PgdInputs& in) { in.epsilon = bad; }, "epsilon: ");
    refused([&](PgdInputs& in) { in.c = bad; }, "c: ");
    refused([&](PgdInputs& in) { in.failure_probability = bad; }, "failure_probability: ");
    refused([&](PgdInputs& in) { in.function_gap = bad; }, "function_gap: ");
  }
  refused([](PgdInputs& in) { in.c = 1.5; }, "c: expected a number in (0, 1]");
  refused([](PgdInputs& in) { in.failure_probability = 1; },
          "failure_probability: expected a number in (0, 1)");
  refused([](PgdInputs& in) { in.dimension = 0; }, "dimension: ");
}

TEST_CASE(
    "IPGD's escape window is log(sqrt(eps dim / rho) / (gamma delta)) / (eta sqrt(rho eps))") {
  const double eta = 0.1, eps = 1e-2, rho = 0.5, delta = 0.1, dim = 60;
  for (const double radius : {1e-2, 1e-6, 1e-12, 1e-300}) {
    const double log_growth =
        0.5 * (std::log(eps) - std::log(rho) + std::log(dim)) - std::log(radius) - std::log(delta);
    CHECK(escape_window(radius, eta, eps, rho, delta, 60) ==
          static_cast<Index>(std::ceil(log_growth / (eta * std::sqrt(rho * eps)))));
  }
}

TEST_CASE("IPGD's escape window grows by the same amount for every decade of the radius") {
  const auto window = [](double radius) { return escape_window(radius, 1e-3, 1e-2, 1, 0.1, 60); };
  const double decade = std::log(10.0) / (1e-3 * 0.1);
  for (double radius = 1e-2; radius > 1e-12; radius /= 10)
    CHECK(std::abs(static_cast<double>(window(radius / 10) - window(radius)) - decade) <= 1);
}

TEST_CASE("a window is at least one iteration, and finite for any settings") {
  CHECK(escape_window(1e6, 0.1, 1e-2, 0.5, 0.1, 60) == 1);
  CHECK(escape_window(1e-12, 1e-300, 1e-2, 0.5, 0.1, 60) == Index{1} << 53);
}

TEST_CASE("IPGD's inputs are checked one by one") {
  for (const double bad : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    CHECK_THROWS_WITH_AS(escape_window(bad, 1, 1, 1, 0.1, 1), doctest::Contains("radius: "),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(escape_window(1, bad, 1, 1, 0.1, 1), doctest::Contains("step_size: "),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(escape_window(1, 1, bad, 1, 0.1, 1), doctest::Contains("epsilon: "),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(escape_window(1, 1, 1, bad, 0.1, 1),
                         doctest::Contains("hessian_lipschitz: "), InvalidArgument);
    CHECK_THROWS_WITH_AS(escape_window(1, 1, 1, 1, bad, 1),
                         doctest::Contains("failure_probability: "), InvalidArgument);
  }
}

TEST_CASE("the named methods are compositions") {
  const Algorithm gd = gradient_descent(0.25);
  CHECK(gd.step.size == 0.25);
  CHECK(gd.perturbation.trigger == Trigger::never);
  CHECK(std::string(gd.direction->name()) == "steepest descent");

  const Algorithm pgd = perturbed_gradient_descent(0.25, 1e-3, 1e-2, 40, 1e-5);
  CHECK(pgd.step.size == 0.25);
  CHECK(pgd.perturbation.trigger == Trigger::near_stationary);
  CHECK(pgd.perturbation.noise == Noise::uniform_ball);
  CHECK(pgd.perturbation.radius == 1e-3);
  CHECK(pgd.perturbation.gradient_threshold == 1e-2);
  CHECK(pgd.perturbation.window == 40);
  CHECK(pgd.stopping.escape_decrease == 1e-5);

  const Algorithm plus = ipgd_plus(0.25, 1e-3);
  CHECK(plus.step.size == 0.25);
  CHECK(plus.perturbation.trigger == Trigger::every_iteration);
  CHECK(plus.perturbation.noise == Noise::uniform_ball);
  CHECK(plus.perturbation.radius == 1e-3);
  for (const Algorithm& algorithm : {gd, pgd, plus}) CHECK_NOTHROW(algorithm.verify());
}

TEST_CASE("an algorithm refuses what one of its parts refuses") {
  const auto refused = [](auto change, const char* argument) {
    Algorithm algorithm = perturbed_gradient_descent(0.25, 1e-3, 1e-2, 40, 1e-5);
    change(algorithm);
    CHECK_THROWS_WITH_AS(algorithm.verify(), doctest::Contains(argument), InvalidArgument);
  };
  refused([](Algorithm& a) { a.step.size = 0; }, "step_size: ");
  refused([](Algorithm& a) { a.perturbation.radius = -1; }, "radius: ");
  refused([](Algorithm& a) { a.stopping.max_iter = -1; }, "max_iter: ");
  refused([](Algorithm& a) { a.sampling.batch_size = -1; }, "batch_size: ");
}

}  // namespace ipgd
