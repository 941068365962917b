// Mini-batches: which measurements a step sees, and runs on them.
#include "ipgd/algorithms/sampling.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "algorithms/runs.hpp"
#include "ipgd/operators/dense/gram.hpp"
#include "ipgd/operators/factored/rank_one.hpp"

namespace ipgd {

using namespace test;

namespace {

Sampling batches(Index size, bool replacement, std::uint64_t key = 5) {
  return {size, replacement, key, 0};
}
std::vector<Index> drawn(Sampler& sampler, Index t) {
  const Rows rows = sampler.mini_batch(t).rows;
  return std::vector<Index>(rows.indices, rows.indices + rows.count);
}

/// U after `steps` steps on given mini-batches, by the plain loops.
Numbers plain_sgd(const Sensing& problem, Numbers U, double eta, const Sampling& sampling,
                  Index steps) {
  const reference::Operator all = plain(problem.op);
  const auto size = static_cast<std::size_t>(all.d1 * all.d2);
  Sampler sampler(sampling, all.m);
  for (Index t = 0; t < steps; ++t) {
    reference::Operator part{0, all.d1, all.d2, {}};
    Numbers y;
    for (const Index i : drawn(sampler, t)) {
      const auto row = static_cast<std::size_t>(i);
      part.A.insert(part.A.end(), all.A.begin() + static_cast<std::ptrdiff_t>(row * size),
                    all.A.begin() + static_cast<std::ptrdiff_t>((row + 1) * size));
      y.push_back(problem.y[row]);
      ++part.m;
    }
    const Numbers g = reference::symmetric_gradient(part, y, U, as_int(length(U)) / all.d1);
    U = minus(U, scaled(eta, g));
  }
  return U;
}

Algorithm sgd(double eta, const Sampling& sampling, Index max_iter) {
  Algorithm algorithm = with_budget(gradient_descent(eta), max_iter);
  algorithm.sampling = sampling;
  return algorithm;
}

}  // namespace

TEST_CASE("an epoch without replacement sees every measurement once, in another order each time") {
  Sampler sampler(batches(7, false), 24);
  std::vector<std::vector<Index>> orders;
  for (Index epoch = 0; epoch < 3; ++epoch) {
    std::vector<Index> order;
    for (Index b = 0; b < 4; ++b) {
      const auto batch = drawn(sampler, 4 * epoch + b);
      CHECK(batch.size() == (b < 3 ? 7u : 3u));
      order.insert(order.end(), batch.begin(), batch.end());
    }
    CHECK(std::set<Index>(order.begin(), order.end()).size() == 24u);
    orders.push_back(order);
  }
  CHECK(orders[0] != orders[1]);
  CHECK(orders[1] != orders[2]);
}

TEST_CASE("mini-batches with replacement are uniform") {
  Sampler sampler(batches(10, true), 8);
  std::vector<double> counts(8);
  for (Index t = 0; t < 4000; ++t)
    for (const Index i : drawn(sampler, t)) counts[static_cast<std::size_t>(i)] += 1;
  double chi_squared = 0;  // 7 degrees of freedom: above 24.3 once in a thousand
  for (const double count : counts) chi_squared += (count - 5000) * (count - 5000) / 5000;
  CHECK(chi_squared < 24.3);
}

TEST_CASE("shuffled orders are uniform") {
  std::vector<double> counts(6);  // orders of three
  Sampler sampler(batches(3, false), 3);
  for (Index t = 0; t < 6000; ++t) {
    const auto order = drawn(sampler, t);
    counts[static_cast<std::size_t>(2 * order[0] + (order[1] > order[2]))] += 1;
  }
  double chi_squared = 0;  // 5 degrees of freedom
  for (const double count : counts) chi_squared += (count - 1000) * (count - 1000) / 1000;
  CHECK(chi_squared < 20.5);
}

TEST_CASE("a mini-batch is a function of key and iteration, in whatever order it is asked for") {
  for (const bool replacement : {false, true}) {
    Sampler forwards(batches(5, replacement), 23), backwards(batches(5, replacement), 23);
    Sampler other(batches(5, replacement, 6), 23);
    std::vector<std::vector<Index>> seen;
    for (Index t = 0; t < 12; ++t) seen.push_back(drawn(forwards, t));
    for (Index t = 11; t >= 0; --t) CHECK(drawn(backwards, t) == seen[static_cast<std::size_t>(t)]);
    CHECK(drawn(other, 0) != seen[0]);
  }
}

TEST_CASE("runs on mini-batches follow the plain loops") {
  const Sensing problem(8, 2, 3, 40);
  const Numbers start = problem.start();
  for (const Index size : {1, 7, 40})
    for (const bool replacement : {false, true}) {
      CAPTURE(size);
      const Sampling sampling = batches(size, replacement);
      const Result result = run(problem.objective, sgd(0.01, sampling, 30), start);
      CHECK(result.outcome.status == Status::max_iter);
      CHECK(result.outcome.iteration == 30);
      CHECK(relative_error(result.theta, plain_sgd(problem, start, 0.01, sampling, 30)) < 1e-12);
      CHECK(result.outcome.loss == problem.value(result.theta).loss);  // on all measurements
    }
}

TEST_CASE(
    "residuals and cotangents of some rows are those of the full pass, whatever the storage") {
  const Index d = 9, m = 30, k = 2;
  const Numbers U = normals(d * k, 3), y = normals(m, 4);
  const Index rows[] = {29, 0, 7, 7, 12};
  for (const char* storage : {"float64", "float32", "bfloat16", "int8"})
    for (const char* sums : {"float64", "float32"}) {
      if (std::string(storage) == "float64" && std::string(sums) == "float32") continue;
      CAPTURE(storage);
      CAPTURE(sums);
      const auto op = make_dense(m, Layout::symmetric(d, std::sqrt(2.0)), storage, sums);
      op->fill_gaussian(3, {});
      const ThetaView view = ThetaView::product(U.data(), U.data(), d, d, k);
      Numbers full(static_cast<std::size_t>(m)), part(5), left(U.size()), expected(U.size());
      Residual whole{y.data(), full.data()}, some{y.data(), part.data()};
      Cotangent cotangent{expected.data(), nullptr};
      op->residual_cotangent(1, &view, &whole, &cotangent, *op->workspace(1), {});
      op->residual_cotangent_rows({rows, 5}, view, some, {left.data(), nullptr},
                                  *op->rows_workspace(), {});
      Numbers weights(static_cast<std::size_t>(m));
      for (std::size_t b = 0; b < 5; ++b) {
        CHECK(part[b] == full[static_cast<std::size_t>(rows[b])]);
        weights[static_cast<std::size_t>(rows[b])] += part[b];
      }
      const Numbers G = adjoint(*op, weights);
      MatrixMap(expected.data(), d, k) =
          2 * ConstMatrixMap(G.data(), d, d) * ConstMatrixMap(U.data(), d, k);
      CHECK(relative_error(left, expected) < (std::string(sums) == "float64" ? 1e-14 : 1e-6));
    }
}

TEST_CASE("residuals and cotangents of some rank-one measurements are those of the full pass") {
  const Index d1 = 9, m = 30, k = 2;
  const Index rows[] = {29, 0, 7, 7, 12};
  for (const Index d2 : {0, 6})
    for (const char* storage : {"float64", "float32"}) {
      CAPTURE(d2);
      CAPTURE(storage);
      const bool symmetric = d2 == 0;
      const Index cols = symmetric ? d1 : d2;
      const Numbers U = normals(d1 * k, 3), V = normals(cols * k, 7), y = normals(m, 4);
      const Numbers X = normals(m * d1, 5), Y = normals(m * cols, 6);
      const auto op = make_rank_one(m, d1, d2, storage);
      op->set_rows(0, m, false, X.data(), {});
      if (!symmetric) op->set_rows(0, m, true, Y.data(), {});
      const double* const R = symmetric ? U.data() : V.data();
      const ThetaView view = ThetaView::product(U.data(), R, d1, cols, k);
      Numbers full(static_cast<std::size_t>(m)), part(5), left(U.size()), right(V.size());
      Residual all{y.data(), full.data()}, some{y.data(), part.data()};
      const Cotangent cotangent{left.data(), symmetric ? nullptr : right.data()};
      op->residual_cotangent(1, &view, &all, &cotangent, *op->workspace(1), {});
      op->residual_cotangent_rows({rows, 5}, view, some, cotangent, *op->rows_workspace(), {});
      Numbers weights(static_cast<std::size_t>(m));
      for (std::size_t b = 0; b < 5; ++b) {
        const double whole = full[static_cast<std::size_t>(rows[b])];
        CHECK(std::abs(part[b] - whole) < 1e-13 * (1 + std::abs(whole)));
        weights[static_cast<std::size_t>(rows[b])] += part[b];
      }
      const Numbers G = adjoint(*op, weights);
      const ConstMatrixMap G_(G.data(), d1, cols), R_(R, cols, k), U_(U.data(), d1, k);
      Numbers expected(U.size()), transposed(V.size());
      MatrixMap(expected.data(), d1, k) = (symmetric ? 2.0 : 1.0) * G_ * R_;
      CHECK(relative_error(left, expected) < 1e-14);
      if (symmetric) continue;
      MatrixMap(transposed.data(), cols, k) = G_.transpose() * U_;
      CHECK(relative_error(right, transposed) < 1e-14);
    }
}

TEST_CASE("epochs count the measurements that the steps have seen") {
  Sampling sampling;
  CHECK(sampling.epochs(3, 150) == 3);
  sampling.batch_size = 100;
  CHECK(sampling.epochs(1, 150) == doctest::Approx(100.0 / 150));
  CHECK(sampling.epochs(2, 150) == 1);  // the second step sees 50
  CHECK(sampling.epochs(5, 150) == doctest::Approx(2 + 100.0 / 150));
  sampling.replacement = true;
  CHECK(sampling.epochs(3, 150) == 2);
}

TEST_CASE("f is evaluated on all measurements when it is recorded, and once an epoch") {
  const Sensing problem(8, 2, 3, 40);
  Trajectory trajectory;
  Recorder recorder({"loss", "epoch"}, 3, 1, problem.model, false);
  run(problem.objective, sgd(0.01, batches(10, false), 13), problem.start(), recorder, &trajectory);
  CHECK(recorder.iterations() == std::vector<Index>{0, 3, 6, 9, 12, 13});
  CHECK(trajectory.iterations == std::vector<Index>{0, 3, 4, 6, 8, 9, 12, 13});
  CHECK(recorder.columns()[1].data == Numbers{0, 0.75, 1.5, 2.25, 3, 3.25});
  for (std::size_t n = 0; n < trajectory.iterates.size(); ++n)
    CHECK(trajectory.losses[n] == problem.value(trajectory.iterates[n]).loss);
}

TEST_CASE("when f is recorded does not change a run on mini-batches") {
  const Sensing problem(8, 2, 3, 40);
  const Algorithm algorithm = sgd(0.01, batches(3, false), 25);
  Recorder often({}, 1, 1, problem.model, false);
  CHECK(same_bits(run(problem.objective, algorithm, problem.start(), often).theta,
                  run(problem.objective, algorithm, problem.start()).theta));
}

TEST_CASE("runs on mini-batches have the same bits in a batch, with any number of threads") {
  const Sensing problem(33, 2, 3, 260);  // two chunks
  std::vector<Algorithm> methods;
  for (Index k = 0; k < 6; ++k)
    methods.push_back(k == 5 ? with_budget(gradient_descent(0.05), 12)
                             : sgd(0.01, batches(1 + 30 * k, k % 2 == 0, 9), 12));
  for (const int n_threads : kThreadCounts) {
    std::deque<Iterates> iterates;
    std::deque<Recorder> recorders;
    std::vector<RunInputs> inputs;
    const Numbers start = problem.start();
    for (const Algorithm& algorithm : methods) {
      iterates.emplace_back(length(start));
      std::copy(start.begin(), start.end(), iterates.back().current.data());
      recorders.emplace_back(std::vector<std::string>{"loss"}, 5, 1, problem.model, false);
      inputs.push_back(
          {problem.objective, algorithm, iterates.back(), nullptr, recorders.back(), nullptr});
    }
    descend(inputs, {n_threads, nullptr});
    for (std::size_t k = 0; k < methods.size(); ++k) {
      Recorder recorder({"loss"}, 5, 1, problem.model, false);
      const Result alone = run(problem.objective, methods[k], start, recorder);
      CHECK(same_bits(iterates[k].current.data(), alone.theta.data(), length(start)));
      CHECK(recorders[k].columns()[0].data == recorder.columns()[0].data);
    }
  }
}

TEST_CASE("an interrupt at any moment of a run on mini-batches returns a complete iterate") {
  const Sensing problem(5, 2, 3, 20);
  for (const double eta : {0.02, 1e200}) {  // the second diverges
    const Algorithm algorithm = sgd(eta, batches(6, false), 9);
    const Numbers start = problem.start();
    for (Index allowed = 1;; ++allowed) {
      StopAfter stop(allowed);
      const Result part = run(problem.objective, algorithm, start, {1, &stop});
      if (part.outcome.status != Status::interrupted) {
        CHECK(part.outcome.status == (eta < 1 ? Status::max_iter : Status::diverged));
        CHECK(std::isfinite(part.outcome.loss));
        break;
      }
      CAPTURE(allowed);
      const Result whole =
          run(problem.objective, with_budget(algorithm, part.outcome.iteration), start);
      CHECK(same_bits(part.theta, whole.theta));
      if (!std::isnan(part.outcome.loss))
        CHECK(part.outcome.loss == problem.value(part.theta).loss);
    }
  }
}

TEST_CASE("a truncated gradient leaves out the measurements above the threshold") {
  const Sensing problem(8, 2, 3, 60);
  const Numbers start = problem.start();
  const Numbers image =
      forward(problem.op, ThetaView::product(start.data(), start.data(), 8, 8, 3));
  Numbers sorted = image;
  std::sort(sorted.begin(), sorted.end());
  Algorithm algorithm = with_budget(gradient_descent(0.1), 1);
  algorithm.sampling.truncation = 0.5 * (sorted[39] + sorted[40]);
  reference::Operator kept = plain(problem.op);
  Numbers y, A;
  for (std::size_t i = 0; i < 60; ++i) {
    if (image[i] > algorithm.sampling.truncation) continue;
    y.push_back(problem.y[i]);
    A.insert(A.end(), kept.A.begin() + static_cast<std::ptrdiff_t>(64 * i),
             kept.A.begin() + static_cast<std::ptrdiff_t>(64 * (i + 1)));
  }
  REQUIRE(y.size() == 40u);
  kept.A = A;
  kept.m = 40;
  // (1/m) sum over the kept ones: m is the number of all
  const Numbers g = scaled(40.0 / 60, reference::symmetric_gradient(kept, y, start, 3));
  const Result result = run(problem.objective, algorithm, start);
  CHECK(relative_error(result.theta, minus(start, scaled(0.1, g))) < 1e-13);

  algorithm.sampling.truncation = sorted.back() + 1;  // nothing is left out
  CHECK(same_bits(run(problem.objective, algorithm, start).theta,
                  run(problem.objective, with_budget(gradient_descent(0.1), 1), start).theta));
}

TEST_CASE("mini-batches that make no sense are refused") {
  const Sensing problem(5, 2, 2, 20);
  CHECK_THROWS_WITH_AS(sgd(0.1, batches(-1, false), 1).verify(), doctest::Contains("batch_size: "),
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(
      sgd(0.1, batches(21, false), 1).check(problem.model, problem.op),
      doctest::Contains("batch_size: expected at most as many measurements as there are (20)"),
      InvalidArgument);
  Algorithm kicked = perturbed_gradient_descent(0.1, 1e-3, 1e-2, 5, 0);
  kicked.sampling.batch_size = 2;
  CHECK_THROWS_WITH_AS(kicked.verify(), doctest::Contains("algorithm: "), InvalidArgument);
  Algorithm both = sgd(0.1, batches(2, false), 1);
  both.sampling.truncation = 1;
  CHECK_THROWS_WITH_AS(both.verify(), doctest::Contains("truncation: "), InvalidArgument);
  const double* y = problem.y.data();
  const Gram reduced = gram(problem.op, 1, &y, {});
  CHECK_THROWS_WITH_AS(sgd(0.1, batches(2, false), 1).check(problem.model, *reduced.op),
                       doctest::Contains("no access to single ones"), InvalidArgument);
}

}  // namespace ipgd
