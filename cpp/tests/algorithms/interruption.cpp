// Stopping a run from outside, at any moment.
#include "algorithms/runs.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"

namespace ipgd {

using namespace test;

namespace {

/// Interrupts a run at its first, second, third, ... poll until it ends by itself, and checks that
/// each time an iterate of the undisturbed run comes back, with the figures that belong to it.
void check_every_moment(const Sensing& problem, const Algorithm& algorithm, const Numbers& start,
                        int n_threads) {
  Trajectory trajectory;
  Recorder nothing({}, 1000000, 1, problem.model, false);
  const Result whole = run(problem.objective, algorithm, start, nothing, &trajectory);
  Index before = 0;
  for (Index allowed = 1;; ++allowed) {
    StopAfter stop(allowed);
    const Result part = run(problem.objective, algorithm, start, {n_threads, &stop});
    CAPTURE(allowed);
    if (part.outcome.status == whole.outcome.status) {
      CHECK(same_bits(part.theta, whole.theta));
      // Between iterations and before each chunk; of several threads, others may take all chunks.
      CHECK(allowed > (n_threads == 1 ? 2 : 1) * whole.outcome.iteration);
      break;
    }
    REQUIRE(part.outcome.status == Status::interrupted);
    CAPTURE(part.outcome.iteration);
    // Several threads: the calling thread may poll more or less often.
    if (n_threads == 1) CHECK(part.outcome.iteration >= before);
    before = part.outcome.iteration;
    if (std::isnan(part.outcome.loss)) {
      CHECK(part.outcome.iteration == 0);  // not even the start was evaluated
      CHECK(same_bits(part.theta, start));
      continue;
    }
    const auto value = problem.value(part.theta);
    CHECK(part.outcome.loss == value.loss);
    CHECK(part.outcome.gradient_norm == value.gradient_norm);
    CHECK(part.outcome.relative_residual == value.residual_norm / problem.objective.norm_y());
    const auto t = static_cast<std::size_t>(part.outcome.iteration);
    REQUIRE(t < trajectory.iterates.size());
    if (algorithm.perturbation.trigger != Trigger::near_stationary)
      CHECK(same_bits(part.theta, trajectory.iterates[t]));
  }
}

class Verdicts final : public Observer {
 public:
  Verdicts(Index at, Verdict verdict) : at_(at), verdict_(verdict) {}
  Verdict on_record(const Snapshot& s) override {
    ++records;
    return s.iteration >= at_ ? verdict_ : Verdict::go_on;
  }
  Verdict on_iteration(const Snapshot&) override {
    ++iterations;
    return Verdict::go_on;
  }
  Index records = 0, iterations = 0;

 private:
  Index at_;
  Verdict verdict_;
};

}  // namespace

TEST_CASE("an interrupt at any moment of gradient descent returns a complete iterate") {
  const Sensing problem(5, 2, 3, 20);
  for (const int n_threads : {1, 2})
    check_every_moment(problem, with_budget(gradient_descent(0.1), 12), problem.start(), n_threads);
}

TEST_CASE("an interrupt at any moment of IPGD+ returns a complete iterate") {
  const Sensing problem(5, 2, 3, 20);
  check_every_moment(problem, with_budget(ipgd_plus(0.1, 1e-2), 12), problem.start(), 1);
}

TEST_CASE("an interrupt in the middle of a pass returns a complete iterate") {
  const Sensing problem(33, 2, 3, 1103);  // eight chunks: ten polls an iteration
  for (const int n_threads : {1, 2})
    check_every_moment(problem, with_budget(gradient_descent(0.1), 4), problem.start(), n_threads);
}

TEST_CASE("an interrupt between the stages of a step returns the iterate before it") {
  const auto op = rectangular_gaussian(40, 5, 4);
  const AsymmetricFactor model(5, 4, 2);
  const Numbers y = normals(40, 1), start = normals(model.size(), 2);
  const Objective objective(*op, model, y.data());
  for (const double step_size : {0.1, 1e200}) {  // the second diverges midway
    const Algorithm algorithm = with_budget(alternating_scaled_gradient_descent(step_size), 6);
    const auto interrupted = [&](Index allowed) {
      StopAfter stop(allowed);
      return run(objective, algorithm, start, {1, &stop});
    };
    Index allowed = 1;
    for (; interrupted(allowed).outcome.status == Status::interrupted; ++allowed) {
      const Result part = interrupted(allowed);
      CAPTURE(allowed);
      const Result whole = run(objective, with_budget(algorithm, part.outcome.iteration), start);
      CHECK(same_bits(part.theta, whole.theta));
      if (!std::isnan(part.outcome.loss)) CHECK(part.outcome.loss == whole.outcome.loss);
    }
    const Result end = run(objective, algorithm, start);
    CHECK(end.outcome.status == (step_size < 1 ? Status::max_iter : Status::diverged));
    CHECK(end.outcome.iteration == (step_size < 1 ? 6 : 0));
    CHECK(allowed > (step_size < 1 ? 12 : 2));  // two passes a step
    if (step_size > 1) CHECK(same_bits(end.theta, start));
  }
}

TEST_CASE("an interrupt at any moment of IPGD returns an iterate with its own loss") {
  const Sensing saddle(5, 2, 3, 20);
  const Algorithm algorithm = perturbed_gradient_descent(0.1, 1e-2, 1e-3, 10, 1e-9);
  check_every_moment(saddle, with_budget(algorithm, 30), saddle.zeros(), 1);
}

TEST_CASE("an interrupt while Algorithm 2 ends returns an iterate with its own loss") {
  const Sensing problem = bowl();
  const Algorithm algorithm = perturbed_gradient_descent(0.1, 1e-2, 1e-3, 10, 1e-9);
  const Result whole = run(problem.objective, algorithm, problem.zeros());
  REQUIRE(whole.outcome.status == Status::second_order);
  check_every_moment(problem, algorithm, problem.zeros(), 1);
}

TEST_CASE("an interrupt within a mini-batch leaves the other runs of the pass their figures") {
  const Sensing problem(33, 2, 3, 400);
  Algorithm stochastic = on_mini_batches(gradient_descent(0.02), 300, false);
  const Algorithm all = with_budget(gradient_descent(0.1), 4);
  stochastic = with_budget(stochastic, 4);
  const Numbers start = problem.start();
  Index allowed = 1, within = 0;
  for (bool interrupted = true; interrupted; ++allowed) {
    CAPTURE(allowed);
    StopAfter stop(allowed);
    Iterates one(length(start)), other(length(start));
    for (Iterates* iterates : {&one, &other})
      std::copy(start.begin(), start.end(), iterates->current.data());
    Recorder nothing({}, 1000000, 1, problem.model, false);
    Recorder neither({}, 1000000, 1, problem.model, false);
    const auto outcomes =
        descend({{problem.objective, all, one, nullptr, nothing, nullptr},
                 {problem.objective, stochastic, other, nullptr, neither, nullptr}},
                {1, &stop});
    interrupted = outcomes.front().status == Status::interrupted;
    for (const auto& [outcome, iterates] : {std::pair(outcomes[0], &one), {outcomes[1], &other}}) {
      if (std::isnan(outcome.loss)) continue;  // not even the start was evaluated
      const double* const x = iterates->current.data();
      CHECK(outcome.loss == problem.value(Numbers(x, x + length(start))).loss);
    }
    within += outcomes[0].iteration;
  }
  CHECK(allowed > 5 * 4);  // polls an iteration: between them, two chunks, two stretches of rows
  CHECK(within > 0);
}

TEST_CASE("an interrupt at any moment of a diverging run returns a finite iterate") {
  const Sensing problem(5, 2, 3, 20);
  check_every_moment(problem, gradient_descent(50), problem.start(), 1);
}

TEST_CASE("an observer may end a run, and is called at every iteration and record") {
  const Sensing problem(5, 2, 3, 20);
  const Algorithm algorithm = with_budget(gradient_descent(0.1), 100);
  for (const Verdict verdict : {Verdict::stop, Verdict::interrupt}) {
    Verdicts observer(12, verdict);
    Recorder recorder({"loss"}, 4, 1, problem.model, false);
    const Result result = run(problem.objective, algorithm, problem.start(), recorder, &observer);
    CHECK(result.outcome.status ==
          (verdict == Verdict::stop ? Status::callback : Status::interrupted));
    CHECK(result.outcome.iteration == 12);
    CHECK(observer.records == 4);
    CHECK(recorder.iterations() == std::vector<Index>{0, 4, 8, 12});
    CHECK(observer.iterations == (verdict == Verdict::stop ? 13 : 12));
    const Result shorter = run(problem.objective, with_budget(algorithm, 12), problem.start());
    CHECK(same_bits(result.theta, shorter.theta));
    CHECK(result.outcome.loss == shorter.outcome.loss);
  }
}

TEST_CASE("a reason to stop of the run's own is not hidden by an observer's wish to stop") {
  const Sensing problem(5, 2, 3, 20);
  Verdicts observer(10, Verdict::stop);
  Recorder recorder({}, 10, 1, problem.model, false);
  const Result result = run(problem.objective, with_budget(gradient_descent(0.1), 10),
                            problem.start(), recorder, &observer);
  CHECK(result.outcome.status == Status::max_iter);
}

}  // namespace ipgd
