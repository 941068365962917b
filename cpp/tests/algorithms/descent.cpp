// Gradient descent through the one loop.
#include "ipgd/algorithms/descent.hpp"

#include "algorithms/runs.hpp"
#include "ipgd/base/chunks.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("gradient descent follows the plain loops") {
  for (const Index search_rank : {1, 3, 8, 10}) {
    const Sensing problem(8, 2, search_rank, 40);
    const Numbers start = problem.start();
    const Result result = run(problem.objective, with_budget(gradient_descent(0.1), 50), start);
    const Numbers expected = reference::gradient_descent(plain(problem.op), problem.y, start,
                                                         as_int(search_rank), 0.1, 50);
    CAPTURE(search_rank);
    CHECK(result.outcome.status == Status::max_iter);
    CHECK(result.outcome.iteration == 50);
    CHECK(result.outcome.perturbations == 0);
    CHECK(relative_error(result.theta, expected) < 1e-11);
  }
}

TEST_CASE("gradient descent from a small start recovers the matrix") {
  const Sensing problem(10, 2, 2, 100);
  Algorithm algorithm = with_budget(gradient_descent(0.2), 5000);
  algorithm.stopping.relative_loss = 1e-12;
  const Result result = run(problem.objective, algorithm, problem.start(1e-3));
  CHECK(result.outcome.status == Status::relative_loss);
  CHECK(success(result.outcome.status));
  const Numbers found = reference::product(result.theta, result.theta, 10, 10, 2);
  CHECK(relative_error(found, problem.theta) < 1e-4);
}

TEST_CASE("an outcome describes the iterate that is returned") {
  const Sensing problem(8, 2, 3, 40);
  const Result result =
      run(problem.objective, with_budget(gradient_descent(0.1), 20), problem.start());
  const auto value = problem.value(result.theta);
  CHECK(result.outcome.loss == value.loss);
  CHECK(result.outcome.gradient_norm == value.gradient_norm);
  CHECK(result.outcome.relative_residual == value.residual_norm / problem.objective.norm_y());
}

TEST_CASE("a budget of no iterations returns the start") {
  const Sensing problem(8, 2, 3, 40);
  const Numbers start = problem.start();
  Recorder recorder({"loss"}, 10, 1, problem.model, false);
  const Result result =
      run(problem.objective, with_budget(gradient_descent(0.1), 0), start, recorder);
  CHECK(result.outcome.status == Status::max_iter);
  CHECK(result.outcome.iteration == 0);
  CHECK(result.outcome.loss == problem.value(start).loss);
  CHECK(same_bits(result.theta, start));
  CHECK(recorder.iterations() == std::vector<Index>{0});
}

TEST_CASE("zero stays zero and is reported as stuck") {
  const Sensing problem(8, 2, 3, 40);
  const Result result = run(problem.objective, gradient_descent(0.1), problem.zeros());
  CHECK(result.outcome.status == Status::stuck);
  CHECK_FALSE(success(result.outcome.status));
  CHECK(result.outcome.iteration == 0);
  CHECK(result.outcome.loss == problem.value(problem.zeros()).loss);
  CHECK(same_bits(result.theta, problem.zeros()));
}

TEST_CASE("a run ends where the gradient is as small as was asked") {
  const Sensing problem(8, 2, 3, 40);
  Algorithm algorithm = with_budget(gradient_descent(0.1), 10000);
  algorithm.stopping.gradient_norm = 1e-3;
  const Result result = run(problem.objective, algorithm, problem.start());
  CHECK(result.outcome.status == Status::gradient_norm);
  CHECK(result.outcome.gradient_norm <= 1e-3);
  const Result before =
      run(problem.objective, with_budget(gradient_descent(0.1), result.outcome.iteration - 1),
          problem.start());
  CHECK(before.outcome.gradient_norm > 1e-3);
}

TEST_CASE("a diverging run returns its last finite iterate") {
  const Sensing problem(8, 2, 3, 40);
  for (const Algorithm& algorithm : {gradient_descent(50), ipgd_plus(50, 1e-3),
                                     perturbed_gradient_descent(50, 1e-3, 1e300, 1000, 0)}) {
    Recorder recorder({"loss"}, 100, 1, problem.model, false);
    const Result result = run(problem.objective, algorithm, problem.start(), recorder);
    CHECK(result.outcome.status == Status::diverged);
    REQUIRE(result.outcome.iteration > 0);
    CHECK(std::isfinite(result.outcome.loss));
    CHECK(result.outcome.loss == problem.value(result.theta).loss);
    CHECK(recorder.iterations() == std::vector<Index>{0, result.outcome.iteration});
    CHECK(recorder.columns()[0].data[1] == result.outcome.loss);

    const Result shorter =
        run(problem.objective, with_budget(algorithm, result.outcome.iteration), problem.start());
    CHECK(shorter.outcome.status == Status::max_iter);
    CHECK(same_bits(result.theta, shorter.theta));
    const Result longer = run(
        problem.objective, with_budget(algorithm, result.outcome.iteration + 1), problem.start());
    CHECK(longer.outcome.status == Status::diverged);
  }
}

TEST_CASE("a start whose loss is not finite is returned as it is") {
  const Sensing problem(8, 2, 3, 40);
  const Numbers start = problem.start(1e200);
  const Result result = run(problem.objective, gradient_descent(0.1), start);
  CHECK(result.outcome.status == Status::diverged);
  CHECK(result.outcome.iteration == 0);
  CHECK(same_bits(result.theta, start));
}

TEST_CASE("a run has the same bits for every number of threads") {
  const Sensing problem(33, 2, 5, 1103);
  REQUIRE(row_chunks(1103, 33 * 17).count == 8);
  for (const Algorithm& algorithm : {gradient_descent(0.1), ipgd_plus(0.1, 1e-3)}) {
    const Algorithm short_run = with_budget(algorithm, 8);
    const Result serial = run(problem.objective, short_run, problem.start());
    for (const int n_threads : kThreadCounts) {
      const Result threaded =
          run(problem.objective, short_run, problem.start(), {n_threads, nullptr});
      CHECK(same_bits(threaded.theta, serial.theta));
      CHECK(threaded.outcome.loss == serial.outcome.loss);
    }
  }
}

TEST_CASE("scaling by powers of two scales the trajectory exactly") {
  // (U, y, eta) -> (2^k U, 4^k y, 4^-k eta)
  const Sensing problem(8, 2, 3, 40);
  const Result result =
      run(problem.objective, with_budget(gradient_descent(0.1), 30), problem.start());
  for (const int k : {-3, 1, 4}) {
    const double factor = std::ldexp(1.0, k), square = factor * factor;
    const Numbers y = scaled(square, problem.y);
    const Objective objective(problem.op, problem.model, y.data());
    const Result other = run(objective, with_budget(gradient_descent(0.1 / square), 30),
                             scaled(factor, problem.start()));
    CHECK(same_bits(other.theta, scaled(factor, result.theta)));
  }
}

TEST_CASE("a start of the other sign gives the trajectory of the other sign") {
  const Sensing problem(8, 2, 3, 40);
  const Algorithm algorithm = with_budget(gradient_descent(0.1), 30);
  const Result result = run(problem.objective, algorithm, problem.start());
  const Result mirrored = run(problem.objective, algorithm, problem.start(-0.3));
  CHECK(same_bits(mirrored.theta, scaled(-1, result.theta)));
}

TEST_CASE("settings that make no sense are refused before the first step") {
  const Sensing problem(8, 2, 3, 40);
  for (const double step_size :
       {0.0, -0.1, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    CHECK_THROWS_AS(run(problem.objective, gradient_descent(step_size), problem.start()),
                    InvalidArgument);
  CHECK_THROWS_WITH_AS(run(problem.objective, gradient_descent(-0.5), problem.start()),
                       "step_size: expected a finite positive number, got -0.5", InvalidArgument);
}

}  // namespace ipgd
