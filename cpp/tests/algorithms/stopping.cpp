#include "ipgd/algorithms/stopping.hpp"

#include <set>

#include "algorithms/runs.hpp"

namespace ipgd {

using namespace test;

namespace {

constexpr Status kAll[] = {Status::relative_loss, Status::gradient_norm, Status::second_order,
                           Status::stuck,         Status::max_iter,      Status::diverged,
                           Status::callback,      Status::interrupted,   Status::singular};

}  // namespace

TEST_CASE("every status has a name of its own and a sentence of its own") {
  std::set<std::string> names, sentences;
  for (const Status status : kAll) {
    names.insert(name(status));
    const std::string sentence = advice(status);
    sentences.insert(sentence);
    CHECK(sentence.size() > 20u);
    CHECK(sentence.back() == '.');
  }
  CHECK(names.size() == std::size(kAll));
  CHECK(names.count("") == 0u);
  CHECK(sentences.size() == std::size(kAll));
}

TEST_CASE("success means that a requested accuracy was reached") {
  for (const Status status : kAll)
    CHECK(success(status) == (status == Status::relative_loss || status == Status::gradient_norm ||
                              status == Status::second_order));
}

TEST_CASE("stopping rules that make no sense are refused by name") {
  const auto refused = [](auto change, const char* argument) {
    Stopping stopping;
    change(stopping);
    CHECK_THROWS_WITH_AS(stopping.verify(Perturbation{}), doctest::Contains(argument),
                         InvalidArgument);
  };
  CHECK_NOTHROW(Stopping{}.verify(Perturbation{}));
  refused([](Stopping& s) { s.max_iter = -1; }, "max_iter: expected a number of iterations >= 0");
  for (const double bad : {-1e-9, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    refused([&](Stopping& s) { s.relative_loss = bad; }, "relative_loss: ");
    refused([&](Stopping& s) { s.gradient_norm = bad; }, "gradient_norm: ");
    refused([&](Stopping& s) { s.escape_decrease = bad; }, "escape_decrease: ");
  }
}

TEST_CASE("a gradient tolerance is refused for a perturbed method and accepted without noise") {
  Stopping stopping;
  stopping.gradient_norm = 1e-6;
  CHECK_NOTHROW(stopping.verify(gradient_descent(0.1).perturbation));
  CHECK_THROWS_WITH_AS(stopping.verify(ipgd_plus(0.1, 1e-3).perturbation),
                       doctest::Contains("gradient_norm: expected 0 for a perturbed method"),
                       InvalidArgument);
  CHECK_THROWS_AS(stopping.verify(perturbed_gradient_descent(0.1, 1e-3, 1e-3, 10, 0).perturbation),
                  InvalidArgument);
}

TEST_CASE("rules are tried in order: loss, gradient, budget") {
  const Sensing problem(5, 2, 3, 20);
  Evaluation evaluation(problem.objective);
  const Perturbation none;
  Stopping stopping;
  stopping.max_iter = 10;
  stopping.relative_loss = 1e-3;
  stopping.gradient_norm = 1e-4;
  const double f0 = problem.value(problem.zeros()).loss;
  const auto test_at = [&](Index t, double loss, double gradient) {
    evaluation.loss = loss;
    evaluation.residual_norm = std::sqrt(loss / f0) * problem.objective.norm_y();
    evaluation.gradient_norm = gradient;
    return stopping.test(t, problem.objective, evaluation, none);
  };
  CHECK_FALSE(test_at(9, f0, 1).has_value());
  CHECK(test_at(10, f0, 1) == Status::max_iter);
  CHECK(test_at(10, f0, 1e-4) == Status::gradient_norm);
  CHECK(test_at(10, 0.999e-3 * f0, 1e-4) == Status::relative_loss);
  CHECK_FALSE(test_at(9, 1.001e-3 * f0, 1.001e-4).has_value());
  stopping.gradient_norm = 0;
  CHECK(test_at(9, f0, 0) == Status::stuck);
  CHECK_FALSE(test_at(9, f0, 1e-300).has_value());
}

}  // namespace ipgd
