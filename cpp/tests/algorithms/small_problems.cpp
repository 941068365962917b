// Small problems: no allocation inside the loop, and a Gram in place of the operator.
#include <cstdlib>
#include <deque>

#include "algorithms/runs.hpp"
#include "ipgd/operators/dense/gram.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "ipgd/parameterizations/deep_factor.hpp"
#include "ipgd/parameterizations/weight_normalized.hpp"
#include "operators/factored/factored_cases.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IPGD_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IPGD_SANITIZED 1
#endif
// Elsewhere the C library's allocator cannot be replaced this easily.
#if defined(__GLIBC__) && !defined(IPGD_SANITIZED)
#define IPGD_HAS_CANARY 1
#endif

#ifdef IPGD_HAS_CANARY
namespace ipgd {
namespace {

std::atomic<bool> counting{false};
std::atomic<Index> allocations{0};

void count_allocation() noexcept {
  if (counting) ++allocations;
}

}  // namespace
}  // namespace ipgd

// The program's own allocator functions, which all libraries use as well: glibc's, counted. What
// they return is glibc's memory, so its free() stays in place.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

#define IPGD_EXPORT __attribute__((visibility("default")))
IPGD_EXPORT void* malloc(std::size_t size) noexcept {
  ipgd::count_allocation();
  return __libc_malloc(size);
}
IPGD_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
  ipgd::count_allocation();
  return __libc_calloc(count, size);
}
IPGD_EXPORT void* realloc(void* old, std::size_t size) noexcept {
  ipgd::count_allocation();
  return __libc_realloc(old, size);
}
IPGD_EXPORT void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ipgd::count_allocation();
  return __libc_memalign(alignment, size);
}
IPGD_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ipgd::count_allocation();
  return __libc_memalign(alignment, size);
}
IPGD_EXPORT int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  ipgd::count_allocation();
  void* const memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}
#undef IPGD_EXPORT
}
#endif

namespace ipgd {

using namespace test;

namespace {

#ifdef IPGD_HAS_CANARY
/// Counts the allocations of the whole program from one iteration of a run to a later one.
class Canary final : public Observer {
 public:
  Canary(Index from, Index to) : from_(from), to_(to) {}
  Verdict on_record(const Snapshot&) override {
    ++records;
    return Verdict::go_on;
  }
  Verdict on_iteration(const Snapshot& s) override {
    if (s.iteration == from_) allocations = 0, counting = true;
    if (s.iteration == to_) counting = false, seen = allocations;
    return Verdict::go_on;
  }
  Index records = 0, seen = -1;

 private:
  Index from_, to_;
};

/// Allocations between iterations `from` and `to` of `count` runs that share their passes and
/// record their loss at every iteration.
Index allocations_of(const Objective& objective, const Algorithm& algorithm, std::size_t count,
                     Index from = 10, Index to = 1000, const Execution& execution = {}) {
  const Algorithm whole = with_budget(algorithm, to);
  Canary canary(from, to);
  std::deque<Iterates> iterates;
  std::deque<Recorder> recorders;
  std::vector<RunInputs> inputs;
  for (std::size_t k = 0; k < count; ++k) {
    const Index size = objective.model().size();
    const Numbers start = scaled(0.05, normals(size, 60 + k));
    iterates.emplace_back(size);
    std::copy(start.begin(), start.end(), iterates.back().current.data());
    recorders.emplace_back(std::vector<std::string>{"loss"}, 1, 1, objective.model(), false);
    inputs.push_back(
        {objective, whole, iterates.back(), nullptr, recorders.back(), k == 0 ? &canary : nullptr});
  }
  for (const Outcome& outcome : descend(inputs, execution)) {
    CHECK(outcome.status == Status::max_iter);
    CHECK(outcome.iteration == to);
  }
  CHECK(canary.records == to + 1);
  return canary.seen;
}
#endif

/// d = 20, m = 400, search rank 4: 210 stored entries a row.
Sensing small_problem(double noise = 0) { return Sensing(20, 2, 4, 400, noise); }

/// Its Gram, and the objective on it.
struct Reduced {
  explicit Reduced(const Sensing& problem)
      : y(problem.y.data()),
        gram(ipgd::gram(problem.op, 1, &y, {})),
        original{problem.op.measurements(), problem.objective.norm_y(), gram.measurements[0].rest},
        objective(*gram.op, problem.model, gram.measurements[0].z.data(), original) {}
  Reduced(const Reduced&) = delete;

  const double* y;
  Gram gram;
  Original original;
  Objective objective;
};

}  // namespace

#ifdef IPGD_HAS_CANARY
TEST_CASE("the canary sees every way to allocate") {
  const auto seen = [](const auto& allocate) {
    allocations = 0;
    counting = true;
    allocate();
    counting = false;
    return allocations.load();
  };
  static void* volatile memory;  // volatile: a pair of new and delete may be left out otherwise
  CHECK(seen([] {}) == 0);
  CHECK(seen([] { memory = std::malloc(10); }) == 1);
  CHECK(seen([] { memory = std::realloc(memory, 100000); }) == 1);
  std::free(memory);
  CHECK(seen([] { memory = std::calloc(3, 5); }) == 1);
  std::free(memory);
  CHECK(seen([] { memory = ::operator new(10); }) == 1);
  ::operator delete(memory);
  CHECK(seen([] { memory = std::aligned_alloc(64, 128); }) == 1);
  std::free(memory);
  CHECK(seen([] {
          void* p = nullptr;
          if (posix_memalign(&p, 64, 100) == 0) memory = p;
        }) == 1);
  std::free(memory);
  CHECK(seen([] { Buffer<double> buffer(100), other(10); }) == 2);
  CHECK(seen([] {
          Vector v(100), w(10);
          memory = v.data(), memory = w.data();
        }) == 2);
}

TEST_CASE("the canary sees an observed run that allocates") {
  class Allocating final : public Direction {
   public:
    const char* name() const noexcept override { return "allocating"; }
    const double* operator()(const Iterate& at, Memory*) const override {
      const Buffer<double> scratch(10);
      return at.evaluation.gradient.data();
    }
  };
  const Sensing problem = small_problem();
  Algorithm algorithm = gradient_descent(0.1);
  algorithm.direction = std::make_shared<Allocating>();
  CHECK(allocations_of(problem.objective, algorithm, 1, 10, 60) == 50);
}

TEST_CASE("one run allocates nothing inside the loop") {
  const Sensing problem = small_problem();
  REQUIRE(problem.op.is_small());
  CHECK(allocations_of(problem.objective, gradient_descent(0.1), 1) == 0);
  CHECK(allocations_of(problem.objective, ipgd_plus(0.1, 1e-3), 1, 10, 200) == 0);
  const Algorithm kicked = perturbed_gradient_descent(0.1, 1e-3, 1e9, 5, 0);  // kicks all the time
  CHECK(allocations_of(problem.objective, kicked, 1, 10, 200) == 0);
}

TEST_CASE("a batch of 16 runs allocates nothing inside the loop") {
  const Sensing problem = small_problem();
  CHECK(allocations_of(problem.objective, gradient_descent(0.1), 16) == 0);
}

TEST_CASE("runs on a Gram allocate nothing inside the loop") {
  const Sensing problem = small_problem();
  const Reduced reduced(problem);
  CHECK(allocations_of(reduced.objective, gradient_descent(0.1), 1) == 0);
  CHECK(allocations_of(reduced.objective, gradient_descent(0.1), 16) == 0);
}

TEST_CASE("no dimension makes a run allocate inside the loop") {
  // Theta is worked on in blocks of 32 rows: blocks of one row and of all sizes.
  for (const Index d : {1, 2, 31, 32, 33, 50, 65}) {
    CAPTURE(d);
    const Sensing problem(d, 1, 3, 40);
    CHECK(allocations_of(problem.objective, gradient_descent(0.01), 1, 10, 30) == 0);
    const auto op = rectangular_gaussian(40, d, 33);
    const AsymmetricFactor model(d, 33, 3);
    const Numbers y = normals(40, 1);
    const Objective objective(*op, model, y.data());
    CHECK(allocations_of(objective, gradient_descent(0.001), 1, 10, 30) == 0);
  }
}

TEST_CASE("no model allocates inside the loop") {
  const auto matrices = rectangular_gaussian(40, 12, 33);
  const auto vectors = rectangular_gaussian(40, 33, 1);
  const Numbers y = normals(40, 1);
  const auto allocated = [&](const Operator& op, const Parameterization& model) {
    return allocations_of(Objective(op, model, y.data()), gradient_descent(1e-4), 1, 10, 30);
  };
  for (const Index width : {1, 3, 40}) {
    CHECK(allocated(*matrices, DeepFactor({33, width, 12})) == 0);
    CHECK(allocated(*matrices, DeepFactor({33, width, width, 5, 12})) == 0);
  }
  CHECK(allocated(*vectors, HadamardPower(33, 2)) == 0);
  CHECK(allocated(*vectors, HadamardProduct(33)) == 0);
  CHECK(allocated(*vectors, WeightNormalized(33, 3, 10)) == 0);
}

TEST_CASE("no direction allocates inside the loop") {
  const auto op = rectangular_gaussian(200, 12, 9);
  const AsymmetricFactor model(12, 9, 3);
  const Numbers y = normals(200, 1);
  const Objective objective(*op, model, y.data());
  const Sensing problem = small_problem();
  const Algorithm methods[] = {
      scaled_gradient_descent(0.01, {0.1, false}), scaled_gradient_descent(0.01, {0, true}),
      normalized_gradient_descent(1e-3, 0.99, 1e-4),
      with_momentum(gradient_descent(0.01), 0.5, Momentum::nesterov),
      with_momentum(scaled_gradient_descent(0.01, {0.1, false}), 0.5, Momentum::heavy_ball)};
  for (const Algorithm& algorithm : methods) {
    CAPTURE(algorithm.direction->name());
    CHECK(allocations_of(problem.objective, algorithm, 1, 10, 50) == 0);
    CHECK(allocations_of(objective, algorithm, 3, 10, 50) == 0);
  }
  CHECK(allocations_of(objective, alternating_scaled_gradient_descent(0.01), 3, 10, 50) == 0);
  for (const bool replacement : {false, true}) {
    const Algorithm sgd = on_mini_batches(gradient_descent(1e-3), 7, replacement);
    CHECK(allocations_of(problem.objective, sgd, 1, 10, 150) == 0);
    CHECK(allocations_of(objective, sgd, 3, 10, 150) == 0);
  }
}

TEST_CASE("runs on operators that do not form Theta allocate nothing inside the loop") {
  const Made problems[] = {EntriesCase::make(100, 20, 20), RankOne::make(100, 20, 20),
                           EntriesCase::make(17000, 40, 40), RankOne::make(4000, 20, 20)};
  for (const Made& made : problems) {
    const Numbers y = normals(made.op->measurements(), 1);
    const SymmetricFactor symmetric(made.op->rows(), 3);
    const AsymmetricFactor asymmetric(made.op->rows(), made.op->cols(), 3);
    for (const Parameterization* model : {static_cast<const Parameterization*>(&symmetric),
                                          static_cast<const Parameterization*>(&asymmetric)}) {
      const Objective objective(*made.op, *model, y.data());
      CHECK(allocations_of(objective, gradient_descent(1e-5), 3, 5, 15) == 0);
    }
  }
}

TEST_CASE("runs whose passes are shared by two threads allocate nothing inside the loop") {
  const Sensing problem(32, 2, 4, 260);
  REQUIRE_FALSE(problem.op.is_small());
  for (const std::size_t count : {1u, 3u})
    CHECK(allocations_of(problem.objective, gradient_descent(0.1), count, 5, 15, {2, nullptr}) ==
          0);
}
#else
TEST_CASE("runs allocate nothing inside the loop") {
  MESSAGE("not counted: needs glibc's allocator, without sanitizers");
}
#endif

TEST_CASE("an objective on a Gram has the figures of the one it replaces") {
  for (const double noise : {0.0, 0.5}) {
    const Sensing problem = small_problem(noise);
    const Reduced reduced(problem);
    CHECK((reduced.original.rest > 0.1) == (noise > 0));
    CHECK(reduced.objective.norm_y() == problem.objective.norm_y());
    Evaluation evaluation(reduced.objective), expected(problem.objective);
    for (const Numbers& U : {problem.start(), problem.zeros()}) {
      evaluate(reduced.objective, U.data(), evaluation);
      evaluate(problem.objective, U.data(), expected);
      // Sums of 400 and 210 terms: a few 1e-15 each.
      CHECK(evaluation.loss == doctest::Approx(expected.loss).epsilon(1e-13));
      CHECK(evaluation.residual_norm == doctest::Approx(expected.residual_norm).epsilon(1e-13));
      const Index n = problem.model.size();
      const Numbers gradient(evaluation.gradient.data(), evaluation.gradient.data() + n);
      const Numbers wanted(expected.gradient.data(), expected.gradient.data() + n);
      CHECK(norm(minus(gradient, wanted)) <= 1e-13 * norm(wanted));
      CHECK(evaluation.gradient_norm == doctest::Approx(expected.gradient_norm).epsilon(1e-13));
    }
  }
}

TEST_CASE("the rest counts as a residual that no Theta removes") {
  const Sensing problem(5, 2, 2, 20);
  const Numbers U = problem.start();
  Evaluation plain(problem.objective);
  evaluate(problem.objective, U.data(), plain);
  for (const double rest : {0.0, 1e-3, 4.0}) {
    const Objective objective(problem.op, problem.model, problem.y.data(), {50, 7.0, rest});
    Evaluation evaluation(objective);
    evaluate(objective, U.data(), evaluation);
    CHECK(objective.norm_y() == 7.0);
    CHECK(evaluation.residual_norm == std::hypot(plain.residual_norm, rest));
    // f = c/(2m) ||A(Theta) - y||^2 with the original's m = 50 and c = 1/2
    CHECK(
        evaluation.loss ==
        doctest::Approx(evaluation.residual_norm * evaluation.residual_norm / 200).epsilon(1e-15));
    CHECK(evaluation.gradient_norm ==
          doctest::Approx(plain.gradient_norm * 20 / 50).epsilon(1e-14));
    if (rest == 0) CHECK(evaluation.residual_norm == plain.residual_norm);
  }
}

TEST_CASE("descent on a Gram follows the operator's, and reports its losses") {
  const Sensing problem = small_problem(0.5);
  const Reduced reduced(problem);
  const Algorithm algorithm = with_budget(gradient_descent(0.1), 300);
  const Result on_gram = run(reduced.objective, algorithm, problem.start(0.05));
  const Result expected = run(problem.objective, algorithm, problem.start(0.05));
  // Rounding differs and descent contracts it: it stays near that of one gradient.
  CHECK(relative_error(on_gram.theta, expected.theta) < 1e-12);
  CHECK(on_gram.outcome.loss == doctest::Approx(expected.outcome.loss).epsilon(1e-12));
  CHECK(on_gram.outcome.relative_residual ==
        doctest::Approx(expected.outcome.relative_residual).epsilon(1e-12));
}

}  // namespace ipgd
