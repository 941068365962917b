// Many runs in one loop: the bits of each alone, and what observers and interrupts do to all.
#include <deque>
#include <stdexcept>
#include <thread>

#include "algorithms/runs.hpp"

namespace ipgd {

using namespace test;

namespace {

struct Setting {
  const Sensing* problem;
  Algorithm algorithm;
  Numbers start;
};

/// Methods, step sizes, budgets, kicks and starts of all sorts, so that runs leave at different
/// moments; one in eight diverges.
Setting setting(const Sensing& problem, Index k) {
  const double step_size = k % 8 == 7 ? 1e60 : 0.05 + 0.01 * static_cast<double>(k % 5);
  Algorithm algorithm =
      k % 3 == 0   ? gradient_descent(step_size)
      : k % 3 == 1 ? ipgd_plus(step_size, 1e-2)
                   : perturbed_gradient_descent(step_size, 1e-2, 1e-1, 1, k % 2 == 0 ? 1e9 : 1e-9);
  algorithm.perturbation.key = static_cast<std::uint64_t>(k);
  const Numbers start =
      k % 3 == 2 ? problem.zeros() : problem.start(0.3, static_cast<std::uint64_t>(100 + k));
  return {&problem, with_budget(algorithm, 1 + k % 3), start};
}

struct End {
  Outcome outcome;
  Numbers theta;
  std::vector<Index> iterations;
  Numbers losses;
};

bool same(const End& a, const End& b) {
  const Outcome &x = a.outcome, &y = b.outcome;
  const double figures[] = {x.loss, x.gradient_norm, x.relative_residual};
  const double others[] = {y.loss, y.gradient_norm, y.relative_residual};
  return x.status == y.status && x.iteration == y.iteration && x.perturbations == y.perturbations &&
         same_bits(figures, others, 3) && same_bits(a.theta, b.theta) &&
         a.iterations == b.iterations && same_bits(a.losses, b.losses);
}

/// Observers may be fewer than settings, and null.
std::vector<End> together(const std::vector<Setting>& settings, const Execution& execution,
                          const std::vector<Observer*>& observers = {}) {
  std::deque<Iterates> iterates;
  std::deque<Recorder> recorders;
  std::vector<RunInputs> inputs;
  for (const Setting& s : settings) {
    iterates.emplace_back(length(s.start));
    std::copy(s.start.begin(), s.start.end(), iterates.back().current.data());
    recorders.emplace_back(std::vector<std::string>{"loss"}, 2, 1, s.problem->model, false);
    Observer* const observer =
        inputs.size() < observers.size() ? observers[inputs.size()] : nullptr;
    inputs.push_back(
        {s.problem->objective, s.algorithm, iterates.back(), nullptr, recorders.back(), observer});
  }
  const std::vector<Outcome> outcomes = descend(inputs, execution);
  REQUIRE(outcomes.size() == settings.size());
  std::vector<End> ends;
  for (std::size_t k = 0; k < settings.size(); ++k) {
    const double* theta = iterates[k].current.data();
    ends.push_back({outcomes[k], Numbers(theta, theta + settings[k].start.size()),
                    recorders[k].iterations(), recorders[k].columns()[0].data});
  }
  return ends;
}

std::vector<End> alone(const std::vector<Setting>& settings) {
  std::vector<End> ends;
  for (const Setting& s : settings) ends.push_back(together({s}, {}).front());
  return ends;
}

Index differences(const std::vector<End>& a, const std::vector<End>& b) {
  REQUIRE(a.size() <= b.size());
  Index count = 0;
  for (std::size_t k = 0; k < a.size(); ++k) count += !same(a[k], b[k]);
  return count;
}

struct Small : Sensing {
  Small() : Sensing(8, 2, 3, 40) { REQUIRE(op.is_small()); }
};
/// Two chunks: threads share a pass.
struct Large : Sensing {
  Large() : Sensing(33, 2, 3, 260) { REQUIRE_FALSE(op.is_small()); }
};

std::vector<Setting> settings_for(const Sensing& problem, Index count) {
  std::vector<Setting> settings;
  for (Index k = 0; k < count; ++k) settings.push_back(setting(problem, k));
  return settings;
}

constexpr Index kSizes[] = {1, 2, 5, 16, 17, 64};

/// Gradient descent that would go on for very long.
std::vector<Setting> endless(const Sensing& problem, Index count) {
  std::vector<Setting> settings;
  for (Index k = 0; k < count; ++k)
    settings.push_back({&problem, with_budget(gradient_descent(1e-6), 100000000),
                        problem.start(0.3, static_cast<std::uint64_t>(k))});
  return settings;
}

/// Interrupted, each at a complete iterate of its own.
void check_interrupted(const std::vector<Setting>& settings, const std::vector<End>& ends) {
  for (std::size_t k = 0; k < ends.size(); ++k) {
    const Outcome& outcome = ends[k].outcome;
    CAPTURE(k);
    CHECK(outcome.status == Status::interrupted);
    Setting shorter = settings[k];
    shorter.algorithm.stopping.max_iter = outcome.iteration;
    const End expected = together({shorter}, {}).front();
    CHECK(same_bits(ends[k].theta, expected.theta));
    if (std::isnan(outcome.loss))
      CHECK(outcome.iteration == 0);
    else
      CHECK(outcome.loss == expected.outcome.loss);
  }
}

/// Notes the threads it is called on; says `verdict`, or throws, at iteration `at`.
class Watcher final : public Observer {
 public:
  explicit Watcher(Verdict verdict = Verdict::go_on, Index at = 0) : verdict_(verdict), at_(at) {}
  Verdict on_record(const Snapshot&) override { return called(); }
  Verdict on_iteration(const Snapshot& s) override {
    called();
    if (s.iteration < at_) return Verdict::go_on;
    if (throws) throw std::range_error("observer");
    return verdict_;
  }
  bool throws = false;
  std::atomic<Index> calls{0}, elsewhere{0};

 private:
  Verdict called() {
    ++calls;
    if (std::this_thread::get_id() != caller_) ++elsewhere;
    return Verdict::go_on;
  }
  const std::thread::id caller_ = std::this_thread::get_id();
  Verdict verdict_;
  Index at_;
};

/// K watchers that saw K runs, each on the calling thread only.
void check_observed_here(const std::vector<Setting>& settings, int n_threads) {
  std::deque<Watcher> watchers(settings.size());
  std::vector<Observer*> observers;
  for (Watcher& watcher : watchers) observers.push_back(&watcher);
  const std::vector<End> ends = together(settings, {n_threads, nullptr}, observers);
  CHECK(differences(ends, alone(settings)) == 0);  // and watching changed nothing
  Index unseen = 0, elsewhere = 0;
  for (const Watcher& watcher : watchers) {
    unseen += watcher.calls == 0;
    elsewhere += watcher.elsewhere;
  }
  CHECK(unseen == 0);
  CHECK(elsewhere == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("each run of a batch has the bits it has alone", Problem, Small, Large) {
  const Problem problem;
  const std::vector<Setting> all = settings_for(problem, 64);
  const std::vector<End> expected = alone(all);
  for (const Status status : {Status::max_iter, Status::diverged, Status::second_order})
    CHECK(std::any_of(expected.begin(), expected.end(),
                      [&](const End& end) { return end.outcome.status == status; }));
  for (const Index size : kSizes)
    for (const int n_threads : kThreadCounts) {
      CAPTURE(size);
      CAPTURE(n_threads);
      const std::vector<Setting> some(all.begin(), all.begin() + size);
      CHECK(differences(together(some, {n_threads, nullptr}), expected) == 0);
    }
}

TEST_CASE("runs of several operators, in any order, have the bits they have alone") {
  const Small small;
  const Sensing other(5, 1, 2, 30);
  const Large large;
  const Sensing* const problems[] = {&small, &large, &other};
  std::vector<Setting> settings;
  for (Index k = 0; k < 24; ++k) settings.push_back(setting(*problems[(k * k) % 7 % 3], k));
  const std::vector<End> expected = alone(settings);
  for (const int n_threads : kThreadCounts)
    CHECK(differences(together(settings, {n_threads, nullptr}), expected) == 0);
}

TEST_CASE("a batch of no runs has no outcomes") {
  for (const int n_threads : {1, 3}) CHECK(descend({}, {n_threads, nullptr}).empty());
}

TEST_CASE_TEMPLATE("an observer of one run is called on the calling thread only", Problem, Small,
                   Large) {
  const Problem problem;
  const std::vector<Setting> settings = settings_for(problem, 20);
  const std::vector<End> expected = alone(settings);
  for (const int n_threads : kThreadCounts)
    for (const std::size_t which : {0u, 11u, 19u}) {
      Watcher watcher;
      std::vector<Observer*> observers(settings.size());
      observers[which] = &watcher;
      CHECK(differences(together(settings, {n_threads, nullptr}, observers), expected) == 0);
      CHECK(watcher.calls > 0);
      CHECK(watcher.elsewhere == 0);
    }
}

TEST_CASE_TEMPLATE("the observers of all runs are called on the calling thread only", Problem,
                   Small, Large) {
  const Problem problem;
  for (const int n_threads : {1, 2, 4}) check_observed_here(settings_for(problem, 20), n_threads);
}

TEST_CASE("observers of runs of several small operators are called on the calling thread only") {
  const Small first;
  const Sensing second(5, 1, 2, 30);
  for (const int n_threads : {1, 2, 4})
    check_observed_here({setting(first, 0), setting(second, 1), setting(first, 2)}, n_threads);
}

TEST_CASE_TEMPLATE("an observer that stops its run leaves the others alone", Problem, Small,
                   Large) {
  const Problem problem;
  std::vector<Setting> settings = settings_for(problem, 18);
  settings[4].algorithm = with_budget(gradient_descent(0.1), 1000);
  std::vector<End> expected = alone(settings);
  settings[4].algorithm.stopping.max_iter = 3;
  for (const int n_threads : {1, 2, 4}) {
    Watcher watcher(Verdict::stop, 3);
    std::vector<Observer*> observers(settings.size());
    observers[4] = &watcher;
    std::vector<Setting> watched = settings;
    watched[4].algorithm.stopping.max_iter = 1000;
    const std::vector<End> ends = together(watched, {n_threads, nullptr}, observers);
    CHECK(ends[4].outcome.status == Status::callback);
    CHECK(ends[4].outcome.iteration == 3);
    CHECK(same_bits(ends[4].theta, together({settings[4]}, {}).front().theta));
    expected[4] = ends[4];
    CHECK(differences(ends, expected) == 0);
  }
}

TEST_CASE_TEMPLATE("an interrupt stops all runs, each at an iterate of its own", Problem, Small,
                   Large) {
  const Problem problem;
  const std::vector<Setting> settings = endless(problem, 20);
  for (const int n_threads : {1, 2, 4})
    for (const Index allowed : {0, 10}) {
      CAPTURE(n_threads);
      CAPTURE(allowed);
      StopAfter stop(allowed);
      check_interrupted(settings, together(settings, {n_threads, &stop}));
    }
}

TEST_CASE_TEMPLATE("an observer that interrupts stops all runs", Problem, Small, Large) {
  const Problem problem;
  std::vector<Setting> settings = endless(problem, 20);
  // Were some not to hear, the test would end all the same, in a minute.
  for (Setting& s : settings) s.algorithm.stopping.max_iter = 200000;
  for (const int n_threads : {1, 2}) {
    CAPTURE(n_threads);
    Watcher watcher(Verdict::interrupt, 1);
    const std::vector<End> ends = together(settings, {n_threads, nullptr}, {&watcher});
    Index not_interrupted = 0;
    for (const End& end : ends) not_interrupted += end.outcome.status != Status::interrupted;
    CHECK(not_interrupted == 0);
  }
}

TEST_CASE_TEMPLATE("an exception of an observer comes out of the batch", Problem, Small, Large) {
  const Problem problem;
  const std::vector<Setting> settings =
      endless(problem, 20);  // ends by the exception or not at all
  for (const int n_threads : {1, 2, 4})
    for (const std::size_t which : {0u, 19u}) {
      Watcher watcher(Verdict::go_on, 3);
      watcher.throws = true;
      std::vector<Observer*> observers(settings.size());
      observers[which] = &watcher;
      CHECK_THROWS_WITH_AS(together(settings, {n_threads, nullptr}, observers), "observer",
                           std::range_error);
    }
}

TEST_CASE("settings that make no sense are refused before any run of the batch starts") {
  const Small problem;
  std::vector<Setting> settings = endless(problem, 3);
  settings[2].algorithm.step.size = -1;
  Watcher watcher;
  CHECK_THROWS_AS(together(settings, {}, {&watcher}), InvalidArgument);
  CHECK(watcher.calls == 0);
}

}  // namespace ipgd
