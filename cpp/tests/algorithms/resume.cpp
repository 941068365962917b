// A run in pieces: whatever the algorithm and wherever it is cut, the bits of the whole.
#include <limits>

#include "algorithms/runs.hpp"
#include "ipgd/operators/factored/rank_one.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"

namespace ipgd {

using namespace test;

namespace {

constexpr Index kEvery = 3;

std::size_t as_size(Index n) { return static_cast<std::size_t>(n); }

/// A run so far: its outcome and all its records.
struct Piece {
  Outcome outcome;
  Numbers theta;
  std::vector<Index> iterations;
  std::vector<Column> columns;
};

/// From the start, or from where `before` stood.
Piece run_on(const Objective& objective, const Algorithm& algorithm, const Numbers& start,
             const Piece* before, const Execution& execution) {
  Recorder recorder({"loss", "gradient_norm", "perturbation", "epoch", "step_norm", "curvature",
                     "singular_values"},
                    kEvery, 2, objective.model(), false);
  Iterates iterates(length(start));
  std::copy(start.begin(), start.end(), iterates.current.data());
  RunInputs inputs{objective, algorithm, iterates, nullptr, recorder, nullptr};
  if (before != nullptr) inputs.resumed = &*before->outcome.state;
  const Outcome outcome = descend({inputs}, execution).front();
  Piece piece{outcome,
              Numbers(iterates.current.data(), iterates.current.data() + start.size()),
              {},
              recorder.columns()};
  for (Column& column : piece.columns) column.data.clear();
  // Those before the new ones stay, but for an iterate that was recorded as the last one only.
  const auto append = [&](const std::vector<Index>& from, const std::vector<Column>& columns,
                          Index below) {
    for (std::size_t n = 0; n < from.size(); ++n) {
      if (from[n] >= below || (below < INT64_MAX && from[n] % kEvery != 0)) continue;
      piece.iterations.push_back(from[n]);
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const auto at = static_cast<std::ptrdiff_t>(n) * columns[c].width;
        const auto data = columns[c].data.begin() + at;
        piece.columns[c].data.insert(piece.columns[c].data.end(), data, data + columns[c].width);
      }
    }
  };
  if (before != nullptr) {
    const Index first = recorder.iterations().empty() ? INT64_MAX : recorder.iterations().front();
    append(before->iterations, before->columns, std::min(inputs.resumed->iteration, first));
  }
  append(recorder.iterations(), recorder.columns(), INT64_MAX);
  return piece;
}

void check_same(const Piece& part, const Piece& whole) {
  CHECK(part.outcome.status == whole.outcome.status);
  CHECK(part.outcome.iteration == whole.outcome.iteration);
  CHECK(part.outcome.loss == whole.outcome.loss);
  CHECK(part.outcome.gradient_norm == whole.outcome.gradient_norm);
  CHECK(part.outcome.perturbations == whole.outcome.perturbations);
  CHECK(same_bits(part.theta, whole.theta));
  CHECK(part.iterations == whole.iterations);
  for (std::size_t c = 0; c < whole.columns.size(); ++c)
    CHECK(same_bits(part.columns[c].data, whole.columns[c].data));
}

/// Cuts the run at every iteration, then at the ones in between, and at every poll.
void check_pieces(const Objective& objective, const Algorithm& algorithm, const Numbers& start) {
  const Piece whole = run_on(objective, algorithm, start, nullptr, {});
  const Index end = whole.outcome.iteration;
  REQUIRE(end > 7);
  for (Index cut = 0; cut <= end; ++cut) {
    CAPTURE(cut);
    const Piece first = run_on(objective, with_budget(algorithm, cut), start, nullptr,
                               {1 + as_int(cut % 2), nullptr});
    if (first.outcome.status == Status::max_iter) {
      check_same(run_on(objective, algorithm, start, &first, {1, nullptr}), whole);
      const Piece second =
          run_on(objective, with_budget(algorithm, (cut + end) / 2), start, &first, {2, nullptr});
      if (second.outcome.state)
        check_same(run_on(objective, algorithm, start, &second, {2, nullptr}), whole);
    } else {
      check_same(first, whole);
    }
  }
  Index allowed = 1;
  for (;; ++allowed) {
    CAPTURE(allowed);
    StopAfter stop(allowed), again(2);
    const Piece first = run_on(objective, algorithm, start, nullptr, {1, &stop});
    if (first.outcome.status != Status::interrupted) break;
    if (!first.outcome.state) continue;  // interrupted while it waited for its end's own loss
    const Piece second = run_on(objective, algorithm, start, &first, {1, &again});
    CHECK(std::isfinite(second.outcome.gradient_norm));
    if (second.outcome.state)
      check_same(run_on(objective, algorithm, start, &second, {1, nullptr}), whole);
    else
      CHECK(same_bits(second.theta, whole.theta));
  }
  CHECK(allowed > end);
}

Algorithm on_batches(Algorithm algorithm, bool replacement) {
  algorithm = on_mini_batches(std::move(algorithm), 7, replacement);
  algorithm.sampling.key = 11;
  return algorithm;
}

}  // namespace

TEST_CASE("a run in pieces has the bits of the whole: plain, normalized, scaled, with momentum") {
  const Sensing problem(5, 2, 3, 20);
  for (const Algorithm& algorithm :
       {gradient_descent(0.1), normalized_gradient_descent(0.05, 0.9, 1e-3),
        scaled_gradient_descent(0.2, {0.1, false}), scaled_gradient_descent(0.2, {0, true}),
        with_momentum(gradient_descent(0.05), 0.8, Momentum::nesterov),
        with_momentum(normalized_gradient_descent(0.05, 0.9, 1e-3), 0.8, Momentum::heavy_ball),
        with_adaptive_momentum(normalized_gradient_descent(0.05, 0.9, 1e-3)),
        with_adaptive_momentum(boosted_gradient_descent(0.01, 4))})
    check_pieces(problem.objective, with_budget(algorithm, 13), problem.start());
}

TEST_CASE("a run in pieces has the bits of the whole: adaptive momentum, downhill and uphill") {
  const Sensing problem(5, 2, 3, 20);
  const Algorithm algorithm = with_budget(with_adaptive_momentum(gradient_descent(0.2)), 40);
  check_pieces(problem.objective, algorithm, problem.start());
}

TEST_CASE("a run in pieces has the bits of the whole: two phases") {
  const Sensing problem(5, 2, 3, 20);
  const Algorithm plain = normalized_gradient_descent(0.05, 0.9, 1e-3);
  for (const double onset : {0.5, 1e-2})
    for (const double lift : {0.0, 1e-2})
      check_pieces(
          problem.objective,
          with_budget(in_two_phases(plain, with_adaptive_momentum(plain), onset, lift), 40),
          problem.start());
}

TEST_CASE("a run in pieces has the bits of the whole: noise at every iteration") {
  const Sensing problem(5, 2, 3, 20);
  Algorithm algorithm = with_budget(ipgd_plus(0.1, 1e-2), 13);
  algorithm.perturbation.key = 3;
  check_pieces(problem.objective, algorithm, problem.start());
}

TEST_CASE(
    "a run in pieces has the bits of the whole: kicks, also while their effect is waited for") {
  const Sensing problem(5, 2, 3, 20);
  Algorithm algorithm = with_budget(perturbed_gradient_descent(0.1, 1e-2, 0.3, 4, 1e-9), 23);
  algorithm.perturbation.key = 3;
  const Piece whole = run_on(problem.objective, algorithm, problem.zeros(), nullptr, {});
  REQUIRE(whole.outcome.perturbations > 1);
  check_pieces(problem.objective, algorithm, problem.zeros());

  const Sensing flat = bowl();  // a kick does not help
  algorithm = with_budget(perturbed_gradient_descent(0.1, 1e-2, 1e-3, 8, 1e-9), 30);
  REQUIRE(run_on(flat.objective, algorithm, flat.zeros(), nullptr, {}).outcome.status ==
          Status::second_order);
  check_pieces(flat.objective, algorithm, flat.zeros());
}

TEST_CASE("a run in pieces has the bits of the whole: mini-batches") {
  const Sensing problem(5, 2, 3, 24);  // an epoch is four steps
  for (const bool replacement : {false, true})
    for (const Algorithm& algorithm :
         {gradient_descent(0.02), ipgd_plus(0.02, 1e-3),
          with_momentum(gradient_descent(0.02), 0.5, Momentum::heavy_ball),
          with_adaptive_momentum(gradient_descent(0.02))})
      check_pieces(problem.objective, with_budget(on_batches(algorithm, replacement), 13),
                   problem.start());
  const Sensing large(33, 2, 3, 400);  // polls also within a batch of 300 rows
  Algorithm algorithm = on_mini_batches(gradient_descent(0.02), 300, false);
  algorithm.sampling.key = 11;
  check_pieces(large.objective, with_budget(algorithm, 9), large.start());
}

TEST_CASE("a run in pieces has the bits of the whole: divergence") {
  const Sensing problem(5, 2, 3, 24);
  const Numbers start = problem.start(1e-9);
  Algorithm kicked = with_budget(perturbed_gradient_descent(0.1, 1e200, 1e-3, 8, 1e-9), 200);
  kicked.perturbation.key = 3;
  const Sensing flat = bowl();
  struct Case {
    const Sensing& problem;
    Algorithm algorithm;
    const Numbers& start;
  };
  for (const Case& c :
       {Case{problem, gradient_descent(20), start},
        Case{problem, with_momentum(gradient_descent(20), 0.5, Momentum::heavy_ball), start},
        Case{problem, with_adaptive_momentum(gradient_descent(20)), start},
        Case{problem, on_batches(gradient_descent(5), false), start},
        Case{problem, on_batches(gradient_descent(5), true), start},
        Case{flat, kicked, flat.start(0.3)}}) {
    const Algorithm algorithm = with_budget(c.algorithm, 200);
    const Piece whole = run_on(c.problem.objective, algorithm, c.start, nullptr, {});
    CHECK(whole.outcome.status == Status::diverged);
    CHECK(std::isfinite(whole.outcome.gradient_norm));  // the loss itself may overflow before
    check_pieces(c.problem.objective, algorithm, c.start);
  }
}

TEST_CASE("a run in pieces has the bits of the whole: a truncated gradient") {
  const auto op = make_rank_one(60, 5, 0, "float64");
  const Numbers x = normals(60 * 5, 4), start = scaled(0.3, normals(10, 5));
  op->set_rows(0, 60, false, x.data(), {});
  const SymmetricFactor model(5, 2);
  const Numbers truth = reference::product(normals(5, 6), normals(5, 6), 5, 5, 1);
  const Numbers y = forward(*op, truth);
  const Objective objective(*op, model, y.data());
  check_pieces(objective, with_budget(truncated_gradient_descent(0.01, 3), 13), start);
}

TEST_CASE("a run in pieces has the bits of the whole: steps of several stages") {
  const auto op = rectangular_gaussian(40, 5, 4);
  const AsymmetricFactor model(5, 4, 2);
  const Numbers y = normals(40, 1), start = normals(model.size(), 2);
  const Objective objective(*op, model, y.data());
  const Algorithm algorithm = alternating_scaled_gradient_descent(0.1);
  check_pieces(objective, with_budget(algorithm, 9), start);
  check_pieces(objective, with_budget(on_batches(algorithm, false), 9), start);
}

TEST_CASE("a state that no run can have been in is refused, and the field is named") {
  const Sensing problem(5, 2, 3, 20);
  const Index size = problem.model.size();
  Algorithm kicks = with_budget(perturbed_gradient_descent(0.1, 1e-2, 0.3, 4, 1e-9), 11);
  kicks.perturbation.key = 3;
  const Algorithm batches = with_budget(on_batches(gradient_descent(0.02), false), 11);
  const Algorithm plain = with_budget(gradient_descent(0.1), 11);
  static constexpr Index most = std::numeric_limits<Index>::max();
  static constexpr Index least = std::numeric_limits<Index>::min();
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  struct Case {
    const char* field;
    void (*damage)(RunState&, Index size);
  };
  const Case cases[] = {
      {"iteration", [](RunState& s, Index) { s.iteration = -1; }},
      {"iteration", [](RunState& s, Index) { s.iteration = most; }},
      {"iteration", [](RunState& s, Index) { s.iteration = least; }},
      {"iteration", [](RunState& s, Index) { s.iteration = (Index{1} << 53) + 1; }},
      {"perturbations", [](RunState& s, Index) { s.perturbations = -1; }},
      {"perturbations", [](RunState& s, Index) { s.perturbations = most; }},
      {"last_kick", [](RunState& s, Index) { s.last_kick = least; }},
      {"last_kick", [](RunState& s, Index) { s.last_kick = most; }},
      {"last_kick", [](RunState& s, Index) { s.last_kick = s.iteration + 1; }},
      {"theta", [](RunState& s, Index) { s.theta.pop_back(); }},
      {"theta", [](RunState& s, Index) { s.theta.clear(); }},
      {"anchor", [](RunState& s, Index n) { s.anchor.resize(as_size(n) + 1, 1.0); }},
      {"anchor_loss", [](RunState& s, Index) { s.anchor_loss = nan; }},
      {"anchor_loss", [](RunState& s, Index) { s.anchor_loss = -1; }},
      {"before", [](RunState& s, Index n) { s.before.assign(as_size(n) - 1, 1.0); }},
      {"before", [](RunState& s, Index n) { s.before.assign(as_size(n), infinity); }},
      {"memory", [](RunState& s, Index) { s.memory.push_back(0); }},
      {"recorded", [](RunState& s, Index) { s.recorded.pop_back(); }},
      {"recorded", [](RunState& s, Index) { s.recorded.clear(); }},
  };
  for (const Algorithm& algorithm : {kicks, batches, plain}) {
    const Piece whole =
        run_on(problem.objective, with_budget(algorithm, 7), problem.start(), nullptr, {});
    REQUIRE(whole.outcome.state);
    for (const Case& c : cases) {
      CAPTURE(c.field);
      Piece part = whole;
      c.damage(*part.outcome.state, size);
      CHECK_THROWS_WITH_AS(run_on(problem.objective, algorithm, problem.start(), &part, {}),
                           doctest::Contains((std::string("state.") + c.field + ": ").c_str()),
                           InvalidArgument);
    }
  }
  // An iterate before a kick belongs to a method that kicks, and to one that waits for the effect.
  Piece part = run_on(problem.objective, with_budget(plain, 7), problem.start(), nullptr, {});
  part.outcome.state->anchor.assign(as_size(size), 1.0);
  CHECK_THROWS_WITH_AS(run_on(problem.objective, plain, problem.start(), &part, {}),
                       "state.anchor: expected 0 numbers, got 15", InvalidArgument);
  part = run_on(problem.objective, with_budget(kicks, 7), problem.zeros(), nullptr, {});
  REQUIRE_FALSE(part.outcome.state->anchor.empty());
  part.outcome.state->anchor.clear();
  CHECK_THROWS_WITH_AS(run_on(problem.objective, kicks, problem.zeros(), &part, {}),
                       "state.anchor: expected 15 numbers, got 0", InvalidArgument);
}

TEST_CASE("a run that came to its own end has no state, and a state has its sizes") {
  const Sensing problem(5, 2, 3, 20);
  const Algorithm algorithm = with_budget(gradient_descent(50), 100);
  const Piece diverged = run_on(problem.objective, algorithm, problem.start(), nullptr, {});
  REQUIRE(diverged.outcome.status == Status::diverged);
  CHECK_FALSE(diverged.outcome.state);

  const Algorithm plain = with_budget(gradient_descent(0.1), 3);
  Piece part = run_on(problem.objective, plain, problem.start(), nullptr, {});
  const Algorithm other = with_momentum(plain, 0.5, Momentum::nesterov);
  CHECK_THROWS_AS(run_on(problem.objective, other, problem.start(), &part, {}), InvalidArgument);
  part.outcome.state->theta.pop_back();
  CHECK_THROWS_AS(run_on(problem.objective, plain, problem.start(), &part, {}), InvalidArgument);
}

}  // namespace ipgd
