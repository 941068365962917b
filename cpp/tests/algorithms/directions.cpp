// Directions other than steepest descent, beside plain loops; trajectories beside numpy are in the
// Python tests.
#include "algorithms/runs.hpp"
#include "ipgd/base/linear_algebra.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "ipgd/parameterizations/deep_factor.hpp"
#include "ipgd/parameterizations/factor_preconditioner.hpp"
#include "ipgd/parameterizations/hadamard.hpp"

namespace ipgd {

using namespace test;
using doctest::Approx;

namespace {

/// The first `steps` iterates.
std::vector<Numbers> iterates(const Objective& objective, const Algorithm& algorithm,
                              const Numbers& start, Index steps) {
  Trajectory trajectory;
  Recorder nothing({}, 1000000, 1, objective.model(), false);
  run(objective, with_budget(algorithm, steps), start, nothing, &trajectory);
  REQUIRE(length(start) == objective.model().size());
  return trajectory.iterates;
}

Numbers gradient(const Objective& objective, const Numbers& theta) {
  Evaluation point(objective);
  evaluate(objective, theta.data(), point);
  return Numbers(point.gradient.data(), point.gradient.data() + theta.size());
}

/// d = grad f(theta), said to move parameters that the gradient leaves alone.
class Elsewhere final : public Direction {
 public:
  const char* name() const noexcept override { return "elsewhere"; }
  bool keeps_to_gradient() const override { return false; }
  const double* operator()(const Iterate& at, Memory*) const override {
    return at.evaluation.gradient.data();
  }
};

struct Rectangular {
  Rectangular() : op(rectangular_gaussian(60, 6, 5)), model(6, 5, 2), y(forward(*op, truth())) {}
  Numbers truth() const { return reference::product(normals(12, 3), normals(10, 4), 6, 5, 2); }
  std::unique_ptr<DenseOperator> op;
  AsymmetricFactor model;
  Numbers y;
  Objective objective{*op, model, y.data()};
  Numbers start = scaled(0.5, normals(22, 5));
};

}  // namespace

TEST_CASE("a scaled direction times the damped Gram matrix is the gradient") {
  const Rectangular problem;
  const Numbers& theta = problem.start;
  const ConstMatrixMap V(theta.data(), 6, 2), W(theta.data() + 12, 5, 2);
  const Numbers g = gradient(problem.objective, theta);
  for (const double damping : {0.0, 0.3}) {
    Numbers d(theta.size());
    REQUIRE(problem.model.preconditioner(Inverse::exact)
                ->apply(theta.data(), g.data(), damping, d.data()));
    const Matrix I = damping * Matrix::Identity(2, 2);
    Numbers back(theta.size());
    MatrixMap(back.data(), 6, 2) = ConstMatrixMap(d.data(), 6, 2) * (W.transpose() * W + I);
    MatrixMap(back.data() + 12, 5, 2) =
        ConstMatrixMap(d.data() + 12, 5, 2) * (V.transpose() * V + I);
    CHECK(relative_error(back, g) < 1e-13);
  }
}

TEST_CASE("the step of scaled descent is along that direction, damped as was asked") {
  const Rectangular problem;
  const Numbers g = gradient(problem.objective, problem.start);
  Evaluation point(problem.objective);
  evaluate(problem.objective, problem.start.data(), point);
  for (const Damping& damping : {Damping{0, false}, Damping{0.2, false}, Damping{0, true}}) {
    const double lambda = damping.from_loss ? std::sqrt(point.loss) : damping.constant;
    Numbers d(g.size());
    problem.model.preconditioner(Inverse::exact)
        ->apply(problem.start.data(), g.data(), lambda, d.data());
    const auto path =
        iterates(problem.objective, scaled_gradient_descent(0.5, damping), problem.start, 1);
    CHECK(relative_error(path[1], minus(problem.start, scaled(0.5, d))) < 1e-14);
  }
}

TEST_CASE("the pseudo-inverse is that of Moore and Penrose, and the inverse where there is one") {
  // F = X Yᵀ of rank 2 with 4 columns: (FᵀF)^+ FᵀF is the projection on the rows of F.
  const Numbers x = normals(14, 1), y = normals(8, 2);
  const Numbers F = reference::product(x, y, 7, 4, 2);
  const Numbers g = F;  // its rows are rows of F
  FactorPreconditioner exact({{0, 7, 0, 7}}, 4, Inverse::exact);
  FactorPreconditioner pseudo({{0, 7, 0, 7}}, 4, Inverse::pseudo);
  Numbers d(F.size()), full(F.size());
  CHECK_FALSE(exact.apply(F.data(), g.data(), 0, d.data()));
  REQUIRE(pseudo.apply(F.data(), g.data(), 0, d.data()));
  const ConstMatrixMap matrix(F.data(), 7, 4), D(d.data(), 7, 4);
  const Matrix gram = matrix.transpose() * matrix;
  CHECK((D * gram - matrix).norm() < 1e-12 * matrix.norm());
  // Least norm: nothing outside the rows of F.
  const Matrix rows = orthonormal_columns(ConstMatrixMap(y.data(), 4, 2));
  const Matrix P = rows * rows.transpose();
  CHECK((D - D * P).norm() < 1e-12 * D.norm());

  const Numbers regular = normals(28, 3);
  REQUIRE(exact.apply(regular.data(), g.data(), 0, full.data()));
  REQUIRE(pseudo.apply(regular.data(), g.data(), 0, d.data()));
  CHECK(same_bits(d, full));
}

TEST_CASE("Jacobi's rotations diagonalise symmetric matrices") {
  for (const Index k : {1, 2, 5, 12}) {
    const Numbers entries = symmetric_normals(k, 9);
    const Matrix original = ConstMatrixMap(entries.data(), k, k);
    Matrix A = original, Q(k, k);
    Vector values(k);
    symmetric_eigen(A, Q, values);
    CHECK((Q.transpose() * Q - Matrix::Identity(k, k)).norm() < 1e-13);
    CHECK((original * Q - Q * values.asDiagonal()).norm() < 1e-13 * original.norm());
  }
}

TEST_CASE("a singular Gram matrix ends a scaled run with a status, and damping lets it go on") {
  Rectangular problem;
  Numbers start = problem.start;
  for (std::size_t i = 13; i < start.size(); i += 2) start[i] = 2 * start[i - 1];  // of W
  Recorder recorder({"loss"}, 10, 1, problem.model, false);
  const Algorithm scaled_method = with_budget(scaled_gradient_descent(0.5, {}), 50);
  const Result result = run(problem.objective, scaled_method, start, recorder);
  CHECK(result.outcome.status == Status::singular);
  CHECK_FALSE(success(result.outcome.status));
  CHECK(result.outcome.iteration == 0);
  CHECK(same_bits(result.theta, start));
  CHECK(recorder.iterations() == std::vector<Index>{0});
  CHECK(std::isfinite(result.outcome.loss));
  for (const Damping& damping : {Damping{1e-3, false}, Damping{0, true}})
    CHECK(run(problem.objective, with_budget(scaled_gradient_descent(0.1, damping), 5), start)
              .outcome.status == Status::max_iter);
}

TEST_CASE("an alternating step moves W with the gradient at the new V") {
  const Rectangular problem;
  const Algorithm algorithm = alternating_scaled_gradient_descent(0.7);
  const auto path = iterates(problem.objective, algorithm, problem.start, 1);
  const auto half = [&](const Numbers& theta, Index begin, Index end) {
    const Numbers g = gradient(problem.objective, theta);
    Numbers d(g.size()), next = theta;
    problem.model.preconditioner(Inverse::exact)->apply(theta.data(), g.data(), 0, d.data());
    for (Index j = begin; j < end; ++j)
      next[static_cast<std::size_t>(j)] -= 0.7 * d[static_cast<std::size_t>(j)];
    return next;
  };
  CHECK(relative_error(path[1], half(half(problem.start, 0, 12), 12, 22)) < 1e-15);
}

TEST_CASE("boosted descent lengthens the steps of what is small at its first step") {
  Rectangular problem;
  Numbers& start = problem.start;
  std::fill_n(start.begin(), 4, 1e-3);
  const auto path = iterates(problem.objective, boosted_gradient_descent(1e-2, 8), start, 30);
  double largest = 0;
  for (const double x : start) largest = std::max(largest, std::abs(x));
  std::size_t small = 0, grown = 0;
  for (std::size_t t = 0; t < 30; ++t) {
    CAPTURE(t);
    const Numbers g = gradient(problem.objective, path[t]);
    for (std::size_t j = 0; j < start.size(); ++j) {
      const bool boosted = std::abs(start[j]) < 0.1 * largest;
      small += boosted && t == 0 ? 1 : 0;
      grown += boosted && t == 29 && std::abs(path[t][j]) > 0.1 * largest ? 1 : 0;
      CHECK(path[t + 1][j] ==
            Approx(path[t][j] - (boosted ? 8 : 1) * 1e-2 * g[j]).epsilon(1e-12).scale(largest));
    }
  }
  CHECK(small >= 4);
  CHECK(small < start.size() / 2);
  CHECK(grown > 0);
}

TEST_CASE("normalized descent divides by the bias-corrected root of one second moment") {
  const Rectangular problem;
  const auto path =
      iterates(problem.objective, normalized_gradient_descent(1e-2, 0.9, 1e-4), problem.start, 5);
  double v = 0;
  for (std::size_t t = 0; t < 5; ++t) {
    const Numbers g = gradient(problem.objective, path[t]);
    v = 0.9 * v + 0.1 * inner(g, g);
    const double corrected = v / (1 - std::pow(0.9, static_cast<double>(t) + 1));
    const Numbers next = minus(path[t], scaled(1e-2 / (std::sqrt(corrected) + 1e-4), g));
    CHECK(relative_error(path[t + 1], next) < 1e-14);
  }
}

TEST_CASE("heavy-ball momentum adds beta (x_t - x_{t-1})") {
  const Rectangular problem;
  const auto path =
      iterates(problem.objective, with_momentum(gradient_descent(0.05), 0.8, Momentum::heavy_ball),
               problem.start, 6);
  Numbers before = path[0];
  for (std::size_t t = 0; t < 6; ++t) {
    Numbers next = minus(path[t], scaled(0.05, gradient(problem.objective, path[t])));
    for (std::size_t j = 0; j < next.size(); ++j) next[j] += 0.8 * (path[t][j] - before[j]);
    CHECK(relative_error(path[t + 1], next) < 1e-13);
    before = path[t];
  }
}

TEST_CASE("momentum carries every parameter along, whatever the direction is") {
  const Rectangular problem;
  Algorithm elsewhere = gradient_descent(0.05);
  elsewhere.direction = std::make_shared<Elsewhere>();
  for (const Algorithm& inner : {scaled_gradient_descent(0.1, {0.3, false}), elsewhere}) {
    CAPTURE(inner.direction->name());
    const auto path = iterates(problem.objective, with_momentum(inner, 0.8, Momentum::heavy_ball),
                               problem.start, 2);
    // x_2 = x_1 - eta d(x_1) + beta (x_1 - x_0)
    Numbers expected = iterates(problem.objective, inner, path[1], 1)[1];
    for (std::size_t j = 0; j < expected.size(); ++j) {
      REQUIRE(path[1][j] != problem.start[j]);
      expected[j] += 0.8 * (path[1][j] - problem.start[j]);
      CHECK(path[2][j] == Approx(expected[j]).epsilon(1e-11));
    }
  }
}

TEST_CASE("Nesterov momentum evaluates at the extrapolated points") {
  const Rectangular problem;
  const auto path =
      iterates(problem.objective, with_momentum(gradient_descent(0.05), 0.8, Momentum::nesterov),
               problem.start, 6);
  Numbers z = path[0];
  for (std::size_t t = 0; t < 6; ++t) {
    const Numbers next = minus(path[t], scaled(0.05, gradient(problem.objective, path[t])));
    Numbers x = next;
    for (std::size_t j = 0; j < x.size(); ++j) x[j] += 0.8 * (next[j] - z[j]);
    CHECK(relative_error(path[t + 1], x) < 1e-13);
    z = next;
  }
}

TEST_CASE(
    "adaptive momentum grows with every step and loses a fifth of k at one that goes uphill") {
  const Rectangular problem;
  constexpr std::size_t kSteps = 80;
  const auto path = iterates(problem.objective, with_adaptive_momentum(gradient_descent(0.03)),
                             problem.start, static_cast<Index>(kSteps));
  Numbers x = path[0], z = x;
  double k = 0;
  std::size_t uphill = 0;
  for (std::size_t t = 0; t < kSteps; ++t) {
    const Numbers g = gradient(problem.objective, x);
    const Numbers next = minus(x, scaled(0.03, g)), move = minus(next, z);
    const bool up = inner(g, move) > 0;
    uphill += up ? 1 : 0;
    k = up ? 0.8 * k : k + 1;
    const double beta = k / (k + 3);
    for (std::size_t j = 0; j < x.size(); ++j) x[j] = next[j] + beta * move[j];
    z = next;
    CAPTURE(t);
    CHECK(relative_error(path[t + 1], x) < 1e-11);
  }
  CHECK(uphill > 1);
  CHECK(uphill < kSteps / 2);
}

TEST_CASE("two phases are a run with one direction, and another run from where it ended") {
  const Rectangular problem;
  constexpr double kOnset = 0.1;
  const Algorithm plain = gradient_descent(0.05), fast = with_adaptive_momentum(plain);
  const auto path =
      iterates(problem.objective, in_two_phases(plain, fast, kOnset), problem.start, 60);
  Algorithm until = with_budget(plain, 60);
  until.stopping.relative_loss = kOnset;
  const Result first = run(problem.objective, until, problem.start);
  REQUIRE(first.outcome.status == Status::relative_loss);
  const Index end = first.outcome.iteration;
  REQUIRE(end > 5);
  REQUIRE(end < 50);
  const auto before = iterates(problem.objective, plain, problem.start, end);
  const auto after = iterates(problem.objective, fast, first.theta, 60 - end);
  for (std::size_t t = 0; t < path.size(); ++t) {
    CAPTURE(t);
    const auto n = static_cast<std::size_t>(end);
    CHECK(same_bits(path[t], t < n ? before[t] : after[t - n]));
  }
}

TEST_CASE("the second of two phases may start a few units further") {
  const HadamardProduct model(6);  // its units are 1 for u and 0 for v
  const auto op = rectangular_gaussian(20, 6, 1);
  const Numbers truth = {0, 2, 0, 0, -1, 0}, y = forward(*op, truth);
  const Objective objective(*op, model, y.data());
  Numbers start(12, 0.0);
  std::fill_n(start.begin(), 5, 0.1);  // one stays at zero
  constexpr double kOnset = 0.05, kLift = 1e-3;
  const Algorithm plain = gradient_descent(0.03), fast = with_adaptive_momentum(plain);
  const auto path = iterates(objective, in_two_phases(fast, fast, kOnset, kLift), start, 300);
  Algorithm until = with_budget(fast, 300);
  until.stopping.relative_loss = kOnset;
  const Result first = run(objective, until, start);
  REQUIRE(first.outcome.status == Status::relative_loss);
  const auto n = static_cast<std::size_t>(first.outcome.iteration);
  REQUIRE(n < 290);
  CHECK(same_bits(path[n], first.theta));
  const Numbers move = minus(path[n + 1], path[n]);
  for (std::size_t j = 0; j < 12; ++j) CHECK(move[j] == Approx(j < 5 ? kLift : 0).epsilon(1e-9));
  const auto after = iterates(objective, fast, path[n + 1], 9);
  for (std::size_t t = 0; t < after.size(); ++t) CHECK(same_bits(path[n + 1 + t], after[t]));
}

TEST_CASE("every direction gives the same bits alone and in a batch, with any number of threads") {
  const Rectangular problem;
  const Algorithm methods[] = {
      scaled_gradient_descent(0.3, {}),
      scaled_gradient_descent(0.3, {0, true}),
      alternating_scaled_gradient_descent(0.3),
      normalized_gradient_descent(1e-2, 0.99, 1e-4),
      with_momentum(gradient_descent(0.02), 0.9, Momentum::nesterov),
      with_adaptive_momentum(gradient_descent(0.02)),
      in_two_phases(gradient_descent(0.02), with_adaptive_momentum(gradient_descent(0.02)), 0.3)};
  std::vector<Result> alone;
  for (const Algorithm& algorithm : methods)
    alone.push_back(run(problem.objective, with_budget(algorithm, 20), problem.start));
  for (const int n_threads : kThreadCounts) {
    std::vector<Iterates> memory;
    std::vector<Algorithm> budgeted;
    std::vector<Recorder> recorders;
    std::vector<RunInputs> inputs;
    for (const Algorithm& algorithm : methods) {
      budgeted.push_back(with_budget(algorithm, 20));
      memory.emplace_back(problem.model.size());
      std::copy(problem.start.begin(), problem.start.end(), memory.back().current.data());
      recorders.emplace_back(std::vector<std::string>{}, 1000, 1, problem.model, false);
    }
    for (std::size_t k = 0; k < budgeted.size(); ++k)
      inputs.push_back({problem.objective, budgeted[k], memory[k], nullptr, recorders[k], nullptr});
    const auto outcomes = descend(inputs, {n_threads, nullptr});
    for (std::size_t k = 0; k < budgeted.size(); ++k) {
      CAPTURE(methods[k].direction->name());
      CHECK(outcomes[k].status == alone[k].outcome.status);
      CHECK(same_bits(memory[k].current.data(), alone[k].theta.data(), problem.model.size()));
    }
  }
}

TEST_CASE("settings that make no sense are named") {
  const auto refused = [](const Algorithm& algorithm, const char* argument) {
    CHECK_THROWS_WITH_AS(algorithm.verify(), doctest::Contains(argument), InvalidArgument);
  };
  refused(scaled_gradient_descent(0.5, {-1, false}), "damping: ");
  refused(scaled_gradient_descent(0.5, {static_cast<double>(NAN), false}), "damping: ");
  refused(boosted_gradient_descent(0.5, 0.5), "boost: ");
  refused(boosted_gradient_descent(0.5, static_cast<double>(INFINITY)), "boost: ");
  refused(normalized_gradient_descent(0.5, 1, 1e-4), "decay: ");
  refused(normalized_gradient_descent(0.5, 0.9, 0), "floor: ");
  refused(with_momentum(gradient_descent(0.5), 1, Momentum::nesterov), "momentum: ");
  for (const double bad : {0.0, 1.5, static_cast<double>(NAN)})
    refused(in_two_phases(gradient_descent(0.5), gradient_descent(0.5), bad), "onset: ");
  refused(in_two_phases(gradient_descent(0.5), gradient_descent(0.5), 0.1, -1), "lift: ");
  refused(in_two_phases(normalized_gradient_descent(0.5, 1, 1e-4), gradient_descent(0.5), 0.1),
          "decay: ");
  CHECK_THROWS_WITH_AS(
      in_two_phases(gradient_descent(0.5), alternating_scaled_gradient_descent(0.5), 0.1)
          .check(AsymmetricFactor(4, 3, 2), *rectangular_gaussian(5, 4, 3)),
      doctest::Contains("onset: "), InvalidArgument);
  const SymmetricFactor single(4, 2);
  CHECK_THROWS_WITH_AS(
      alternating_scaled_gradient_descent(0.5).check(single, *symmetric_gaussian(5, 4)),
      doctest::Contains("single factor"), InvalidArgument);
  CHECK_THROWS_WITH_AS(
      with_momentum(alternating_scaled_gradient_descent(0.5), 0.5, Momentum::nesterov)
          .check(AsymmetricFactor(4, 3, 2), *rectangular_gaussian(5, 4, 3)),
      doctest::Contains("momentum: "), InvalidArgument);
  CHECK_THROWS_WITH_AS(with_adaptive_momentum(alternating_scaled_gradient_descent(0.5))
                           .check(AsymmetricFactor(4, 3, 2), *rectangular_gaussian(5, 4, 3)),
                       doctest::Contains("momentum: "), InvalidArgument);
  CHECK_THROWS_WITH_AS(with_adaptive_momentum(normalized_gradient_descent(0.5, 1, 1e-4)).verify(),
                       doctest::Contains("decay: "), InvalidArgument);
}

TEST_CASE("a model without a metric is refused by scaled methods") {
  const DeepFactor model({2, 2, 2});
  CHECK_THROWS_WITH_AS(
      scaled_gradient_descent(0.5, {}).check(model, *rectangular_gaussian(5, 2, 2)),
      doctest::Contains("for DeepFactor"), InvalidArgument);
  CHECK_NOTHROW(gradient_descent(0.5).check(model, *rectangular_gaussian(5, 2, 2)));
}

}  // namespace ipgd
