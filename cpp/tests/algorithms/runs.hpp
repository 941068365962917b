// Small problems, and running a method on them.
#pragma once

#include <string>

#include "helpers.hpp"
#include "ipgd/algorithms/descent.hpp"
#include "ipgd/algorithms/methods.hpp"
#include "ipgd/parameterizations/symmetric_factor.hpp"

namespace ipgd::test {

/// A symmetric Gaussian operator, y = sign * A(F Fᵀ) - noise, and a model U Uᵀ.
struct Sensing {
  /// F is d x rank and random; U = 0 is a saddle.
  Sensing(Index d, Index rank, Index search_rank, Index m, double noise = 0)
      : Sensing(scaled(1 / std::sqrt(static_cast<double>(d)), normals(d * rank, 50)), rank,
                search_rank, m, 1, noise) {}
  Sensing(const Numbers& f, Index rank, Index search_rank, Index m, double sign, double noise)
      : owner(symmetric_gaussian(m, length(f) / rank)),
        op(*owner),
        model(length(f) / rank, search_rank),
        factor(f),
        theta(reference::product(f, f, as_int(op.rows()), as_int(op.rows()), as_int(rank))),
        y(minus(scaled(sign, forward(op, theta)), scaled(noise, normals(m, 51)))),
        objective(op, model, y.data()) {}
  Sensing(const Sensing&) = delete;  // the objective refers to the other members

  Numbers start(double scale = 0.3, std::uint64_t stream = 52) const {
    return scaled(scale, normals(model.size(), stream));
  }
  Numbers zeros() const { return Numbers(static_cast<std::size_t>(model.size())); }

  struct Value {
    double loss, gradient_norm, residual_norm;
  };
  Value value(const Numbers& U) const {
    Evaluation evaluation(objective);
    evaluate(objective, U.data(), evaluation);
    return {evaluation.loss, evaluation.gradient_norm, evaluation.residual_norm};
  }

  std::unique_ptr<DenseOperator> owner;
  const DenseOperator& op;
  SymmetricFactor model;
  Numbers factor, theta, y;
  Objective objective;
};

/// y = -A(I): the minimum is at U = 0, which is second-order stationary.
inline Sensing bowl() {
  const Numbers identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  return Sensing(identity, 3, 2, 300, -1, 0);
}

struct Result {
  Outcome outcome;
  Numbers theta;
};

inline Result run(const Objective& objective, const Algorithm& algorithm, const Numbers& start,
                  Recorder& recorder, Observer* observer = nullptr, const Execution& execution = {},
                  const Truth* truth = nullptr) {
  Iterates iterates(length(start));
  std::copy(start.begin(), start.end(), iterates.current.data());
  const Outcome outcome =
      descend({{objective, algorithm, iterates, truth, recorder, observer}}, execution).front();
  return {outcome, Numbers(iterates.current.data(), iterates.current.data() + start.size())};
}
inline Result run(const Objective& objective, const Algorithm& algorithm, const Numbers& start,
                  const Execution& execution = {}) {
  Recorder recorder({}, 1000000, 1, objective.model(), false);
  return run(objective, algorithm, start, recorder, nullptr, execution);
}

inline Algorithm with_budget(Algorithm algorithm, Index max_iter) {
  algorithm.stopping.max_iter = max_iter;
  return algorithm;
}

/// Keeps every iterate as it is when its iteration ends.
class Trajectory final : public Observer {
 public:
  Verdict on_record(const Snapshot&) override { return Verdict::go_on; }
  Verdict on_iteration(const Snapshot& s) override {
    iterations.push_back(s.iteration);
    iterates.emplace_back(s.theta, s.theta + s.objective.model().size());
    losses.push_back(s.evaluation.loss);
    return Verdict::go_on;
  }

  std::vector<Index> iterations;
  std::vector<Numbers> iterates;
  std::vector<double> losses;
};

}  // namespace ipgd::test
