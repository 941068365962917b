#include "ipgd/algorithms/descent.hpp"

#include <cmath>

namespace ipgd {
namespace {

// Everything of a run that changes, grouped by who changes it.
struct Run {
  Run(const Objective& objective, const Algorithm& algorithm)
      : point(objective),
        noise(algorithm.perturbation.trigger == Trigger::never ? 0 : objective.model().size()),
        last_kick(-algorithm.perturbation.window - 1) {}

  Objective::Point point;  // evaluate
  Buffer<float> noise;     // add_noise

  double anchor_loss = 0;  // kick: the loss of x before the last kick, and when that was
  Index last_kick;
  Index perturbations = 0;
  bool perturbed = false;  // since the last record
};

bool finite(const Objective::Point& point) {
  return std::isfinite(point.loss) && std::isfinite(point.gradient_norm);
}

}  // namespace

Outcome descend(const Objective& objective, const Algorithm& algorithm, Iterates& iterates,
                const Truth* truth, Recorder& recorder, Observer* observer,
                const Execution& execution) {
  algorithm.verify();
  const Perturbation& perturbation = algorithm.perturbation;
  const Index n = objective.model().size();
  if (perturbation.trigger == Trigger::near_stationary) iterates.anchor = Buffer<double>(n);
  Run run(objective, algorithm);
  Index t = 0, evaluated = -1;  // `evaluated`: the iteration that run.point belongs to

  // The pass over a returned point is not interrupted: its loss and its iterate must match.
  const Execution last_pass{execution.n_threads, nullptr};

  const auto snapshot = [&] {
    return Snapshot{t, iterates.current.data(), objective, run.point, run.perturbed, truth};
  };
  const auto kick = [&] {
    add_noise(perturbation, t, iterates.current.data(), n, run.noise.data());
    ++run.perturbations;
    run.perturbed = true;
  };
  const auto outcome = [&](Status status) {
    const double norm_y = objective.norm_y();
    return Outcome{status,
                   t,
                   run.point.loss,
                   run.point.gradient_norm,
                   norm_y > 0 ? run.point.residual_norm / norm_y : run.point.residual_norm,
                   run.perturbations};
  };

  try {
    for (;; ++t) {
      execution.poll();
      objective.evaluate(iterates.current.data(), run.point, execution);
      if (finite(run.point) && perturbation.due(t, run.last_kick, run.point.gradient_norm) &&
          !algorithm.stopping.test(t, objective, run.point, perturbation)) {
        // x~ = x_t, x_t <- x~ + xi_t; the step is taken from there (Algorithm 2, lines 3-5)
        std::copy_n(iterates.current.data(), n, iterates.anchor.data());
        run.anchor_loss = run.point.loss;
        run.last_kick = t;
        kick();
        objective.evaluate(iterates.current.data(), run.point, execution);
      }
      evaluated = t;

      std::optional<Status> stop;
      if (!finite(run.point)) {
        if (t > 0) {
          std::swap(iterates.current, iterates.other);
          evaluated = --t;
          objective.evaluate(iterates.current.data(), run.point, last_pass);
        }
        stop = Status::diverged;
      } else {
        stop = algorithm.stopping.test(t, objective, run.point, perturbation);
      }
      if ((!stop || stop == Status::max_iter) && perturbation.trigger == Trigger::near_stationary &&
          t - run.last_kick == perturbation.window &&
          run.point.loss - run.anchor_loss > -algorithm.stopping.escape_decrease) {
        // The kick at t - t_thres did not help: return x~ (Algorithm 2, lines 6-7).
        std::swap(iterates.current, iterates.anchor);
        objective.evaluate(iterates.current.data(), run.point, last_pass);
        stop = Status::second_order;
      }

      if (t % recorder.every() == 0 || stop) {
        if (!recorder.has(t)) recorder.record(snapshot());
        run.perturbed = false;
        if (observer != nullptr) {
          const Verdict verdict = observer->on_record(snapshot());
          if (verdict == Verdict::interrupt) throw Interrupted();
          if (verdict == Verdict::stop && !stop) stop = Status::callback;
        }
      }
      if (observer != nullptr) observer->on_iteration(snapshot());
      if (stop) return outcome(*stop);

      const double* x = iterates.current.data();
      const double* d = (*algorithm.direction)(x, run.point);
      double* next = iterates.other.data();
      for (Index j = 0; j < n; ++j) next[j] = x[j] - algorithm.step.size * d[j];
      std::swap(iterates.current, iterates.other);
      if (perturbation.trigger == Trigger::every_iteration) kick();
    }
  } catch (const Interrupted&) {
    // run.point still belongs to the last iterate whose pass was finished: return that one.
    if (evaluated != t) {
      if (run.last_kick == t) {
        std::swap(iterates.current, iterates.anchor);
      } else if (t > 0) {
        std::swap(iterates.current, iterates.other);
        --t;
      } else {
        run.point.loss = run.point.gradient_norm = run.point.residual_norm = NAN;
      }
    }
    return outcome(Status::interrupted);
  }
}

}  // namespace ipgd
