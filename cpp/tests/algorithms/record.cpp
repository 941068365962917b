#include "ipgd/algorithms/record.hpp"

#include "algorithms/runs.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "ipgd/parameterizations/deep_factor.hpp"
#include "ipgd/parameterizations/weight_normalized.hpp"

namespace ipgd {

using namespace test;
using doctest::Approx;

namespace {

/// The truth of a sensing problem of rank 1.
Truth truth_of(const Sensing& problem) {
  const Index d = problem.model.rows();
  const Matrix basis = ConstMatrixMap(problem.factor.data(), d, 1).normalized();
  const Matrix phi = ConstMatrixMap(problem.theta.data(), 1, d * d).normalized();
  return {ConstMatrixMap(problem.theta.data(), d, d), basis, basis, {}, {}, phi};
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const QuantityKind& kind : recordable_quantities()) names.emplace_back(kind.name);
  return names;
}

/// uᵀ H u for u = grad f / ||grad f||, by the plain loops.
double curvature(const Sensing& problem, const Numbers& U) {
  const reference::Operator A = plain(problem.op);
  const int d = A.d1, k = as_int(problem.model.view_rank());
  const Numbers g = reference::symmetric_gradient(A, problem.y, U, k), u = scaled(1 / norm(g), g);
  const Numbers r = minus(reference::forward(A, reference::product(U, U, d, d, k)), problem.y);
  return inner(u, reference::symmetric_hessian(A, 0.5, r, Numbers(r.size(), 1), U, u, k));
}

/// d/dt log ||residual part|| at U - t grad f, by central differences.
double growth(const Sensing& problem, const Numbers& U, const Truth& truth) {
  Evaluation at(problem.objective);
  evaluate(problem.objective, U.data(), at);
  const Numbers g(at.gradient.data(), at.gradient.data() + at.gradient.size());
  const auto size = [&](double t) {
    return problem.model.split(minus(U, scaled(t, g)).data(), truth).residual;
  };
  const double h = 1e-5;
  return (size(h) - size(-h)) / (2 * h * size(0));
}

}  // namespace

TEST_CASE("recorded columns hold the quantities of the recorded iterates") {
  const Sensing problem(6, 1, 3, 40);
  const Truth truth = truth_of(problem);
  Recorder recorder(all_names(), 5, 2, problem.model, true, 1);
  Trajectory trajectory;
  const Result result = run(problem.objective, with_budget(ipgd_plus(0.1, 1e-3), 12),
                            problem.start(), recorder, &trajectory, {}, &truth);
  CHECK(recorder.iterations() == std::vector<Index>{0, 5, 10, 12});  // the last one, too
  REQUIRE(recorder.columns().size() == recordable_quantities().size());

  for (const Column& column : recorder.columns()) {
    CHECK(column.width == (column.name == "singular_values" ? 2
                           : column.name == "column_norms"  ? 3
                                                            : 1));
    REQUIRE(column.data.size() == static_cast<std::size_t>(4 * column.width));
    for (std::size_t row = 0; row < 4; ++row) {
      const Index t = recorder.iterations()[row];
      const Numbers& U = trajectory.iterates[static_cast<std::size_t>(t)];
      const auto value = problem.value(U);
      const double* data = column.data.data() + row * static_cast<std::size_t>(column.width);
      const Split split = problem.model.split(U.data(), truth);
      CAPTURE(column.name);
      if (column.name == "loss")
        CHECK(*data == value.loss);
      else if (column.name == "train_error")
        CHECK(*data == value.residual_norm / norm(problem.y));
      else if (column.name == "test_error")
        CHECK(*data == Approx(relative_error(reference::product(U, U, 6, 6, 3), problem.theta))
                           .epsilon(1e-13));
      else if (column.name == "gradient_norm")
        CHECK(*data == value.gradient_norm);
      else if (column.name == "perturbation")
        CHECK(*data == (t == 0 ? 0.0 : 1.0));
      else if (column.name == "epoch")
        CHECK(*data == static_cast<double>(t));  // every step sees all measurements
      else if (column.name == "step_norm")
        CHECK(*data == Approx(row == 0 ? 0.0
                                       : norm(minus(U, trajectory.iterates[static_cast<std::size_t>(
                                                           recorder.iterations()[row - 1])])))
                           .epsilon(1e-14));
      else if (column.name == "curvature")
        CHECK(*data == Approx(curvature(problem, U)).epsilon(1e-10));
      else if (column.name == "signal_norm")
        CHECK(*data == split.signal);
      else if (column.name == "residual_norm")
        CHECK(*data == split.residual);
      else if (column.name == "deviation_rate")
        CHECK(*data == Approx(growth(problem, U, truth)).epsilon(1e-5));
      else if (column.name == "singular_values")
        CHECK(VectorMap(const_cast<double*>(data), 2) ==
              problem.model.singular_values(U.data(), 2));
      else if (column.name == "column_norms")
        CHECK(
            (ConstVectorMap(data, 3) - ConstMatrixMap(U.data(), 6, 3).colwise().norm().transpose())
                .norm() <= 1e-15);
      else if (column.name == "coefficients")
        CHECK(*data ==
              Approx(inner(reference::product(U, U, 6, 6, 3), problem.theta) / norm(problem.theta))
                  .epsilon(1e-13));
      else
        FAIL("a quantity without a test: ", column.name);
    }
  }
  CHECK(result.outcome.iteration == 12);
}

TEST_CASE("a model's own quantity is recorded like the others") {
  const AsymmetricFactor factors(4, 3, 2);
  const DeepFactor deep({3, 2, 5, 4});
  const WeightNormalized normalized(4, 2, 1.0);
  const Numbers x = normals(60, 1);
  const ConstMatrixMap V(x.data(), 4, 2), W(x.data() + 8, 3, 2);
  const ConstMatrixMap W1(x.data(), 2, 3), W2(x.data() + 6, 5, 2), W3(x.data() + 16, 4, 5);
  double own[2];
  factors.measure_own(x.data(), own);
  CHECK(own[0] == Approx((V.transpose() * V - W.transpose() * W).norm()).epsilon(1e-14));
  deep.measure_own(x.data(), own);
  CHECK(own[0] == Approx(std::max((W2.transpose() * W2 - W1 * W1.transpose()).norm(),
                                  (W3.transpose() * W3 - W2 * W2.transpose()).norm()))
                      .epsilon(1e-14));
  normalized.measure_own(x.data(), own);
  CHECK(own[0] == Approx(ConstVectorMap(x.data() + 1, 4).norm()).epsilon(1e-14));
  CHECK(own[1] == Approx(ConstVectorMap(x.data() + 6, 4).norm()).epsilon(1e-14));
  CHECK(Recorder({"direction_norms"}, 1, 1, normalized, false).columns()[0].width == 2);

  const auto op = rectangular_gaussian(30, 4, 3);
  const Numbers y = normals(30, 2);
  const Objective objective(*op, factors, y.data());
  Recorder recorder({"loss", "imbalance"}, 1, 1, factors, false);
  const Numbers start = scaled(0.1, normals(factors.size(), 3));
  const Result result = run(objective, with_budget(gradient_descent(0.1), 3), start, recorder);
  factors.measure_own(result.theta.data(), own);
  CHECK(recorder.columns()[1].data.size() == 4u);
  CHECK(recorder.columns()[1].data.back() == own[0]);
  CHECK_THROWS_WITH_AS(Recorder({"direction_norms"}, 1, 1, factors, false),
                       doctest::Contains("coefficients, imbalance, got 'direction_norms'"),
                       InvalidArgument);
}

TEST_CASE("recording does not change a run") {
  const Sensing problem(6, 1, 3, 40);
  const Truth truth = truth_of(problem);
  const Algorithm algorithm = with_budget(ipgd_plus(0.1, 1e-3), 12);
  Recorder recorder(all_names(), 1, 3, problem.model, true, 1);
  const Result recorded =
      run(problem.objective, algorithm, problem.start(), recorder, nullptr, {}, &truth);
  CHECK(same_bits(recorded.theta, run(problem.objective, algorithm, problem.start()).theta));
}

TEST_CASE("the passes that a quantity asks for are shared, and change no run beside it") {
  const Sensing problem(5, 1, 3, 30);
  const Algorithm algorithm = with_budget(gradient_descent(0.1), 9);
  const Numbers starts[] = {problem.start(), problem.start(0.2, 53), problem.start(0.1, 54)};
  const auto recorded = [&](Index every, bool asks) {
    const std::vector<std::string> names = asks ? std::vector<std::string>{"curvature", "step_norm"}
                                                : std::vector<std::string>{"loss"};
    return Recorder(names, every, 1, problem.model, false);
  };
  std::vector<Result> alone;
  std::vector<std::vector<double>> columns;
  for (std::size_t k = 0; k < 3; ++k) {
    Recorder recorder = recorded(2, k != 1);
    alone.push_back(run(problem.objective, algorithm, starts[k], recorder));
    columns.push_back(recorder.columns()[0].data);
  }
  for (const int n_threads : {1, 2, 3}) {
    std::vector<Recorder> recorders;
    std::vector<Iterates> iterates;
    for (std::size_t k = 0; k < 3; ++k) {
      recorders.push_back(recorded(2, k != 1));
      iterates.emplace_back(length(starts[k]));
      std::copy(starts[k].begin(), starts[k].end(), iterates.back().current.data());
    }
    std::vector<RunInputs> inputs;
    for (std::size_t k = 0; k < 3; ++k)
      inputs.push_back({problem.objective, algorithm, iterates[k], nullptr, recorders[k], nullptr});
    const auto outcomes = descend(inputs, {n_threads, nullptr});
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(outcomes[k].loss == alone[k].outcome.loss);
      CHECK(same_bits(alone[k].theta.data(), iterates[k].current.data(), length(starts[k])));
      CHECK(same_bits(recorders[k].columns()[0].data, columns[k]));
    }
  }
}

TEST_CASE("an interrupt while a quantity waits for its pass still records the iterate") {
  const Sensing problem(5, 1, 3, 30);
  const Algorithm algorithm = with_budget(gradient_descent(0.1), 6);
  Recorder whole({"curvature"}, 1, 1, problem.model, false);
  run(problem.objective, algorithm, problem.start(), whole);
  Index interrupted = 0;
  for (Index allowed = 1;; ++allowed) {
    CAPTURE(allowed);
    StopAfter stop(allowed);
    Recorder recorder({"curvature"}, 1, 1, problem.model, false);
    const Result part =
        run(problem.objective, algorithm, problem.start(), recorder, nullptr, {1, &stop});
    const std::vector<double>& data = recorder.columns()[0].data;
    CHECK(data.size() == recorder.iterations().size());
    CHECK(std::equal(data.begin(), data.end(), whole.columns()[0].data.begin()));
    if (part.outcome.status != Status::interrupted) break;
    CHECK(2 * part.outcome.iteration <= allowed);  // it ended there and then
    if (!std::isnan(part.outcome.loss))
      CHECK(recorder.iterations().back() == part.outcome.iteration);
    ++interrupted;
  }
  CHECK(interrupted > 2 * 6);  // two passes an iteration
}

TEST_CASE("columns come in the order asked for, each once") {
  const SymmetricFactor model(6, 3);
  const Recorder recorder({"gradient_norm", "loss", "gradient_norm"}, 1, 1, model, false);
  REQUIRE(recorder.columns().size() == 2u);
  CHECK(recorder.columns()[0].name == "gradient_norm");
  CHECK(recorder.columns()[1].name == "loss");
}

TEST_CASE("no more singular values are recorded than there are") {
  const SymmetricFactor model(6, 3);
  CHECK(Recorder({"singular_values"}, 1, 100, model, false).columns()[0].width == 3);
  CHECK(Recorder({"singular_values"}, 1, 2, model, false).columns()[0].width == 2);
}

TEST_CASE("a truth of zero makes the errors absolute, not infinite") {
  const Sensing problem(6, 1, 3, 40);
  const Numbers y(problem.y.size());
  const Objective objective(problem.op, problem.model, y.data());
  const Truth truth{Matrix::Zero(6, 6), Matrix::Identity(6, 1), Matrix::Identity(6, 1)};
  Recorder recorder({"train_error", "test_error"}, 1, 1, problem.model, true);
  const Numbers U = problem.start();
  run(objective, with_budget(gradient_descent(0.1), 0), U, recorder, nullptr, {}, &truth);
  CHECK(recorder.columns()[1].data[0] == Approx(norm(reference::product(U, U, 6, 6, 3))));
  CHECK(recorder.columns()[0].data[0] ==
        Approx(norm(forward(problem.op, reference::product(U, U, 6, 6, 3)))));
}

TEST_CASE("a recorder refuses what it cannot record, by name") {
  const SymmetricFactor model(6, 3);
  CHECK_THROWS_WITH_AS(Recorder({"speed"}, 1, 1, model, true),
                       doctest::Contains("record: expected names out of loss, "), InvalidArgument);
  for (const QuantityKind& kind : recordable_quantities()) {
    if (kind.needs == Needs::nothing)
      CHECK_NOTHROW(Recorder({kind.name}, 1, 1, model, false));
    else
      CHECK_THROWS_WITH_AS(Recorder({kind.name}, 1, 1, model, false),
                           doctest::Contains("record: expected a problem with a truth"),
                           InvalidArgument);
  }
  CHECK_THROWS_WITH_AS(Recorder({"coefficients"}, 1, 1, model, true),
                       "record: expected a problem with a basis to record 'coefficients', got a "
                       "problem without one",
                       InvalidArgument);
  CHECK(Recorder({"coefficients"}, 1, 1, model, true, 7).columns()[0].width == 7);
  CHECK_THROWS_WITH_AS(Recorder({}, 0, 1, model, false), "record_every: expected at least 1, got 0",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(Recorder({}, 1, 0, model, false),
                       "n_singular_values: expected at least 1, got 0", InvalidArgument);
}

}  // namespace ipgd
