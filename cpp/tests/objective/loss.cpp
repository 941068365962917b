#include "ipgd/objective/loss.hpp"

#include "algorithms/runs.hpp"
#include "ipgd/operators/dense/gram.hpp"
#include "objective/pairings.hpp"

namespace ipgd {

using namespace test;

namespace {

Numbers evaluated(const Objective& objective, const Numbers& theta, double* loss = nullptr) {
  Evaluation at(objective);
  evaluate(objective, theta.data(), at);
  if (loss != nullptr) *loss = at.loss;
  return {at.gradient.data(), at.gradient.data() + theta.size()};
}

}  // namespace

TEST_CASE("weights are the slopes of a loss's values, and curvatures those of its weights") {
  const Huber huber(0.7);
  const Logistic logistic;
  const double h = 1e-5;
  for (const Loss* loss : {static_cast<const Loss*>(&huber), static_cast<const Loss*>(&logistic)})
    for (const double y : {-1.0, 0.0, 1.0})
      for (const double r : {-30.0, -2.0, -0.5, 0.0, 0.3, 1.7, 25.0}) {
        CAPTURE(loss->name());
        CAPTURE(y);
        CAPTURE(r);
        const auto slope = [&](const auto& f) { return (f(r + h) - f(r - h)) / (2 * h); };
        CHECK(std::abs(slope([&](double x) { return loss->value(x, y); }) - loss->weight(r, y)) <
              1e-9);
        CHECK(std::abs(slope([&](double x) { return loss->weight(x, y); }) -
                       loss->curvature(r, y)) < 1e-9);
        CHECK(loss->curvature(r, y) <= loss->largest_curvature());
        CHECK(loss->curvature(r, y) >= 0);
        CHECK(std::abs(loss->weight(r, y)) <= loss->largest_weight(std::abs(r), 1) + 1e-15);
      }
}

TEST_CASE("the logistic loss takes 0 and 1 or -1 and 1, and no large margin overflows") {
  const Logistic loss;
  for (const double z : {-800.0, -3.0, 0.0, 2.0, 750.0})
    for (const double low : {0.0, -1.0}) {
      const double likely = std::log1p(std::exp(-std::abs(z)));
      CHECK(loss.value(z - 1, 1) == doctest::Approx(likely + std::max(-z, 0.0)));
      CHECK(loss.value(z - low, low) == doctest::Approx(likely + std::max(z, 0.0)));
      CHECK(loss.weight(z - 1, 1) == doctest::Approx(-1 / (1 + std::exp(z))));
      CHECK(loss.weight(z - low, low) == doctest::Approx(1 / (1 + std::exp(-z))));
    }
  const double bits[] = {0, 1, 1, 0}, signs[] = {-1, 1, -1, 1}, both[] = {0, 1, -1, 1},
               other[] = {0, 1, 0.5, 1}, ones[] = {1, 1, 1, 1};
  for (const double* y : {bits, signs, ones}) CHECK_NOTHROW(loss.check(y, 4));
  for (const double* y : {both, other}) CHECK_THROWS_AS(loss.check(y, 4), InvalidArgument);
}

TEST_CASE("Huber's delta is a finite positive number") {
  for (const double delta : {0.0, -1.0, static_cast<double>(INFINITY), std::nan("")})
    CHECK_THROWS_AS(Huber{delta}, InvalidArgument);
}

TEST_CASE("the squared loss has the same gradient as a function and without one") {
  const SquaredAsFunction squared;
  const Huber wide(1e6);
  for_pairings(200, 9, 2, [&](const Pairing& p) {
    CAPTURE(p.name);
    const Numbers y = normals(200, 1), theta = normals(p.model.size(), 2);
    const Objective plain(p.op, p.model, y.data());
    double expected = 0;
    const Numbers gradient = evaluated(plain, theta, &expected);
    for (const Loss* loss : {static_cast<const Loss*>(&squared), static_cast<const Loss*>(&wide)}) {
      const Objective objective(p.op, p.model, y.data(), loss);
      double value = 0;
      CHECK(same_bits(evaluated(objective, theta, &value), gradient));
      CHECK(value == doctest::Approx(expected).epsilon(1e-14));
      Evaluation zero(objective);
      evaluate(objective, Numbers(theta.size()).data(), zero);
      CHECK(objective.reached(zero, 1 + 1e-9));
      CHECK_FALSE(objective.reached(zero, 1 - 1e-9));
    }
  });
}

TEST_CASE("the gradient of every loss is the slope of f, on every operator") {
  const Huber huber(2);
  const Logistic logistic;
  for_pairings(150, 7, 2, [&](const Pairing& p) {
    CAPTURE(p.name);
    const Numbers theta = scaled(0.4, normals(p.model.size(), 2));
    for (const bool signs : {false, true}) {
      const Numbers y = signs ? labels(150, 1) : scaled(3, normals(150, 1));
      const Objective objective(
          p.op, p.model, y.data(),
          signs ? static_cast<const Loss*>(&logistic) : static_cast<const Loss*>(&huber));
      const Numbers gradient = evaluated(objective, theta);
      for (std::uint64_t line = 0; line < 3; ++line) {
        const Numbers v = normals(p.model.size(), 100 + line);
        const auto value = [&](double step) {
          Numbers moved = theta;
          for (std::size_t j = 0; j < moved.size(); ++j) moved[j] += step * v[j];
          double f = 0;
          evaluated(objective, moved, &f);
          return f;
        };
        // Sums in float32 are no smooth function of theta: over a short step their rounding shows.
        const double h = p.rounding > 1e-8 ? 1e-2 : 1e-4;
        const double slope =
            (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
        CHECK(std::abs(inner(gradient, v) - slope) < 2e-3 * h / 1e-2 * norm(gradient) * norm(v));
      }
    }
  });
}

TEST_CASE("runs with different losses share a pass and have the bits that they have alone") {
  const Huber huber(1);
  const Logistic logistic;
  for_pairings(1103, 33, 3, [&](const Pairing& p) {
    CAPTURE(p.name);
    const Numbers y = labels(1103, 1);
    std::vector<Objective> objectives;
    std::vector<Numbers> thetas, alone;
    std::vector<double> values;
    for (const Loss* loss :
         {static_cast<const Loss*>(nullptr), static_cast<const Loss*>(&huber),
          static_cast<const Loss*>(&logistic), static_cast<const Loss*>(nullptr)}) {
      objectives.emplace_back(p.op, p.model, y.data(), loss);
      thetas.push_back(scaled(0.3, normals(p.model.size(), 5 + thetas.size())));
      double value = 0;
      alone.push_back(evaluated(objectives.back(), thetas.back(), &value));
      values.push_back(value);
    }
    for (const int n_threads : {1, 3}) {
      Evaluator evaluator(p.op, 4);
      std::vector<Evaluation> at;
      for (const Objective& objective : objectives) at.emplace_back(objective);
      for (std::size_t k = 0; k < at.size(); ++k)
        evaluator.add(objectives[k], thetas[k].data(), at[k]);
      evaluator.evaluate({n_threads, nullptr});
      for (std::size_t k = 0; k < at.size(); ++k) {
        CHECK(at[k].loss == values[k]);
        CHECK(same_bits(at[k].gradient.data(), alone[k].data(), p.model.size()));
      }
    }
  });
}

TEST_CASE("f of a loss on some of the measurements is the mean over them") {
  const Huber huber(1);
  for_pairings(60, 7, 2, [&](const Pairing& p) {
    CAPTURE(p.name);
    const Numbers y = normals(60, 1), theta = scaled(0.4, normals(p.model.size(), 2));
    const Objective objective(p.op, p.model, y.data(), &huber);
    std::vector<Index> all(60);
    for (Index i = 0; i < 60; ++i) all[to_size(i)] = 59 - i;
    Evaluation whole(objective), part(objective);
    evaluate(objective, theta.data(), whole);
    Evaluator evaluator(p.op, 1);
    evaluator.add(objective, theta.data(), part, {{all.data(), 60}, 60});
    evaluator.evaluate({});
    CHECK(part.loss == doctest::Approx(whole.loss).epsilon(p.rounding));
    const Numbers a(part.gradient.data(), part.gradient.data() + theta.size()),
        b(whole.gradient.data(), whole.gradient.data() + theta.size());
    CHECK(relative_error(a, b) < 10 * p.rounding);

    const Index few[] = {3, 17, 3};
    evaluator.add(objective, theta.data(), part, {{few, 3}, 3});
    evaluator.evaluate({});
    double sum = 0;
    for (const Index i : few) sum += huber.value(whole.residual.data()[i], y[to_size(i)]);
    CHECK(part.loss ==
          doctest::Approx(p.model.loss_constant() / 3 * sum).epsilon(100 * p.rounding));
  });
}

TEST_CASE("the relative loss of any loss is f against f(0)") {
  Sensing problem(6, 1, 2, 40);
  const Huber huber(0.5);
  const Objective objective(problem.op, problem.model, problem.y.data(), &huber);
  Evaluation zero(objective);
  evaluate(objective, problem.zeros().data(), zero);
  const double f0 = zero.loss;
  CHECK(objective.reached(zero, 1));
  CHECK_FALSE(objective.reached(zero, 0.9999));
  zero.loss = 0.01 * f0;
  CHECK(objective.reached(zero, 0.010001));
  CHECK_FALSE(objective.reached(zero, 0.009999));

  Algorithm algorithm = with_budget(gradient_descent(0.2), 5000);
  algorithm.stopping.relative_loss = 1e-4;
  const Result result = run(objective, algorithm, problem.start());
  CHECK(result.outcome.status == Status::relative_loss);
  CHECK(result.outcome.loss <= 1e-4 * f0);
}

TEST_CASE("Huber's loss is not moved by outliers that ruin the squared loss") {
  Sensing problem(8, 1, 2, 200);
  Numbers y = problem.y;
  for (std::size_t i = 0; i < y.size(); i += 10) y[i] += 30;
  const Huber huber(0.1);
  double errors[2];
  for (const bool robust : {false, true}) {
    const Objective objective(problem.op, problem.model, y.data(), robust ? &huber : nullptr);
    const Result result = run(objective, with_budget(gradient_descent(robust ? 0.5 : 0.05), 3000),
                              problem.start(0.01));
    const Numbers found = reference::product(result.theta, result.theta, 8, 8, 2);
    errors[robust ? 1 : 0] = relative_error(found, problem.theta);
  }
  CHECK(errors[1] < 0.05);
  CHECK(errors[0] > 10 * errors[1]);
}

TEST_CASE("a Gram takes the place of A for the squared loss only") {
  const Sensing problem(5, 1, 2, 60);
  const double* const y = problem.y.data();
  const Gram reduced = gram(problem.op, 1, &y, {});
  const Huber huber(1);
  CHECK_NOTHROW(Objective(*reduced.op, problem.model, reduced.measurements[0].z.data()));
  CHECK_THROWS_AS(Objective(*reduced.op, problem.model, reduced.measurements[0].z.data(), &huber),
                  InvalidArgument);
}

}  // namespace ipgd
