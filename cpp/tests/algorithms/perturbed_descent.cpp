// PGD, IPGD and IPGD+ through the one loop.
#include "algorithms/runs.hpp"

namespace ipgd {

using namespace test;

TEST_CASE("IPGD escapes the saddle at zero and recovers the matrix") {
  const Sensing problem(10, 2, 4, 100);
  Algorithm algorithm = with_budget(perturbed_gradient_descent(0.2, 1e-8, 1e-3, 200, 1e-12), 5000);
  algorithm.stopping.relative_loss = 1e-10;
  const Result result = run(problem.objective, algorithm, problem.zeros());
  CHECK(result.outcome.status == Status::relative_loss);
  CHECK(result.outcome.perturbations >= 1);
  CHECK(relative_error(reference::product(result.theta, result.theta, 10, 10, 4), problem.theta) <
        1e-3);
}

TEST_CASE("Algorithm 2 ends one window after a kick that did not help, and returns its origin") {
  const Sensing problem = bowl();
  const Index window = 25;
  const Result result =
      run(problem.objective, perturbed_gradient_descent(0.1, 1e-2, 1e-6, window, 1e-9),
          problem.zeros());
  CHECK(result.outcome.status == Status::second_order);
  CHECK(success(result.outcome.status));
  CHECK(result.outcome.iteration == window);
  CHECK(result.outcome.perturbations == 1);
  CHECK(same_bits(result.theta, problem.zeros()));
  CHECK(result.outcome.loss == problem.value(problem.zeros()).loss);
  CHECK(result.outcome.gradient_norm == 0);
}

TEST_CASE("a kick that did not help ends the run at its last iteration, too") {
  const Sensing problem = bowl();
  for (const Index max_iter : {24, 25, 26}) {
    const Result result =
        run(problem.objective,
            with_budget(perturbed_gradient_descent(0.1, 1e-2, 1e-6, 25, 1e-9), max_iter),
            problem.zeros());
    CHECK(result.outcome.status == (max_iter < 25 ? Status::max_iter : Status::second_order));
    CHECK(same_bits(result.theta, problem.zeros()) == (max_iter >= 25));
  }
}

TEST_CASE("a goal that is reached where a kick would be found wanting is reached") {
  const Sensing problem(6, 2, 3, 40);
  const Index window = 10;
  Algorithm algorithm = perturbed_gradient_descent(0.2, 0.1, 1e300, window, 1e300);
  Recorder recorder({"loss"}, 1, 1, problem.model, false);
  const Algorithm undecided = with_budget(algorithm, window - 1);
  const Result before = run(problem.objective, undecided, problem.start(), recorder);
  REQUIRE(before.outcome.status == Status::max_iter);
  const Result after = run(problem.objective, with_budget(gradient_descent(0.2), 1), before.theta);
  REQUIRE(after.outcome.loss < before.outcome.loss);
  algorithm.stopping.relative_loss =
      (after.outcome.loss + before.outcome.loss) / 2 / problem.value(problem.zeros()).loss;
  const Result result = run(problem.objective, algorithm, problem.start());
  CHECK(result.outcome.status == Status::relative_loss);
  CHECK(result.outcome.iteration == window);
  CHECK(same_bits(result.theta, after.theta));
}

TEST_CASE("until its first kick a perturbed method is gradient descent, and may return to it") {
  const Sensing problem(6, 2, 3, 40, 0.1);  // noise: the loss stays positive
  const Index window = 30;
  const double threshold = 1e-4;
  const Result result =
      run(problem.objective, perturbed_gradient_descent(0.1, 1e-3, threshold, window, 1e-2),
          problem.start());
  REQUIRE(result.outcome.status == Status::second_order);
  CHECK(result.outcome.perturbations == 1);
  const Index kicked = result.outcome.iteration - window;
  REQUIRE(kicked > 0);
  const Result plain_run =
      run(problem.objective, with_budget(gradient_descent(0.1), kicked), problem.start());
  CHECK(same_bits(result.theta, plain_run.theta));
  CHECK(result.outcome.loss == plain_run.outcome.loss);
  CHECK(result.outcome.gradient_norm <= threshold);
  const Result before =
      run(problem.objective, with_budget(gradient_descent(0.1), kicked - 1), problem.start());
  CHECK(before.outcome.gradient_norm > threshold);
}

TEST_CASE("a kick that gains as much as was asked does not end the run") {
  const Sensing problem(6, 2, 3, 40);
  const Index window = 10;
  const Algorithm eager = perturbed_gradient_descent(0.2, 0.1, 1e300, window, 0);
  Recorder recorder({"loss", "perturbation"}, 1, 1, problem.model, false);
  const Result result =
      run(problem.objective, with_budget(eager, 3 * window), problem.start(), recorder);
  REQUIRE(result.outcome.status == Status::max_iter);
  // always near stationary and always gaining: a kick every window + 1 iterations
  const std::vector<double>& kicks = recorder.columns()[1].data;
  REQUIRE(kicks.size() == static_cast<std::size_t>(3 * window + 1));
  for (std::size_t t = 0; t < kicks.size(); ++t)
    CHECK(kicks[t] == (t % static_cast<std::size_t>(window + 1) == 0 ? 1.0 : 0.0));
  CHECK(result.outcome.perturbations == 3);

  // f_thres just above and just below the gain of the first kick, from x~ to the window's end
  const double gain = problem.value(problem.start()).loss -
                      recorder.columns()[0].data[static_cast<std::size_t>(window)];
  REQUIRE(gain > 0);
  const auto status = [&](double decrease) {
    return run(problem.objective,
               with_budget(perturbed_gradient_descent(0.2, 0.1, 1e300, window, decrease),
                           window + 1),
               problem.start())
        .outcome.status;
  };
  CHECK(status(1.001 * gain) == Status::second_order);
  CHECK(status(0.999 * gain) == Status::max_iter);
}

TEST_CASE("a kicked step is a step from the kicked point") {
  const Sensing problem(6, 2, 3, 40);
  Algorithm algorithm = with_budget(perturbed_gradient_descent(0.1, 1e-2, 1e300, 5, 0), 1);
  algorithm.perturbation.key = 3;
  Numbers x = problem.start();
  std::vector<float> scratch(x.size());
  add_noise(algorithm.perturbation, 0, x.data(), length(x), scratch.data());
  const Numbers expected = run(problem.objective, with_budget(gradient_descent(0.1), 1), x).theta;
  CHECK(same_bits(run(problem.objective, algorithm, problem.start()).theta, expected));
}

TEST_CASE("IPGD+ adds noise after every step") {
  const Sensing problem(6, 2, 3, 40);
  Algorithm algorithm = ipgd_plus(0.1, 1e-2);
  algorithm.perturbation.key = 3;
  Numbers x = problem.start();
  std::vector<float> scratch(x.size());
  for (Index t = 0; t < 5; ++t) {
    x = run(problem.objective, with_budget(gradient_descent(0.1), 1), x).theta;
    add_noise(algorithm.perturbation, t, x.data(), length(x), scratch.data());
  }
  const Result result = run(problem.objective, with_budget(algorithm, 5), problem.start());
  CHECK(same_bits(result.theta, x));
  CHECK(result.outcome.perturbations == 5);
}

TEST_CASE("IPGD+ leaves zero") {
  const Sensing problem(6, 2, 3, 40);
  const Result result =
      run(problem.objective, with_budget(ipgd_plus(0.1, 1e-10), 1), problem.zeros());
  CHECK(result.outcome.status == Status::max_iter);
  CHECK(norm(result.theta) > 0);
  CHECK(norm(result.theta) <= 1e-10);
}

TEST_CASE("an iterate that is good enough is returned without a kick") {
  const Sensing problem(6, 2, 3, 40);
  Algorithm algorithm = perturbed_gradient_descent(0.1, 1e-2, 1e300, 5, 0);
  algorithm.stopping.relative_loss = 1e300;
  const Result result = run(problem.objective, algorithm, problem.start());
  CHECK(result.outcome.status == Status::relative_loss);
  CHECK(result.outcome.perturbations == 0);
  CHECK(same_bits(result.theta, problem.start()));
}

TEST_CASE("a kick that leaves the finite numbers is taken back") {
  const Sensing problem(5, 2, 3, 60);
  Algorithm algorithm = perturbed_gradient_descent(0.1, 1e200, 1e-3, 10, 0);
  const Result result = run(problem.objective, algorithm, problem.zeros());
  CHECK(result.outcome.status == Status::diverged);
  CHECK(result.outcome.iteration == 0);
  CHECK(same_bits(result.theta, problem.zeros()));
  CHECK(result.outcome.loss == problem.value(problem.zeros()).loss);
}

}  // namespace ipgd
