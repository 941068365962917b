#include "ipgd/algorithms/run.hpp"

#include <cmath>

#include "ipgd/algorithms/turning.hpp"

namespace ipgd {
namespace {

// Norms, not the loss: it overflows for large data that are perfectly regular.
bool finite(const Evaluation& evaluation) {
  return std::isfinite(evaluation.residual_norm) && std::isfinite(evaluation.gradient_norm);
}

}  // namespace

// A run waits in one of these phases for f, on all measurements unless another sample is named:
//
//   phase    f is wanted at                        then
//   iterate  x_t                                   a kick is due: kicked; else: check
//   kicked   x_t + xi_t, which is x_t from now on  check
//   sample   x_t, on the measurements of its step  finite: move; else: fail (diverged)
//   stage    between two stages of the step        finite: move; else: back to x_t, fail
//   confirm  x_t, from where there is no step      finite: record; else: check
//   result   an earlier iterate, to be returned    record
//   measure  a curvature at x_t, to be recorded    record
//   ended
//
//   check    f(x_t) is not finite: back to x_{t-1}, result (without one: record)
//            the last kick did not help: back to x before it, result
//            else: record
//   record   a quantity wants a curvature: measure
//            there is a reason to stop: ended
//            else: step
//   step     on all measurements: move; else: sample
//   move     no direction: fail (singular)
//            between two stages: stage
//            x_{t+1} is there: iterate, or sample where nobody wants f of it on all measurements
//   fail     f(x_t) on all measurements is known: record, ended; else: confirm
void Run::advance(const Execution& execution) {
  switch (at_.phase) {
    case Phase::iterate:
      if (kick_due()) return kick();
      return check(execution);
    case Phase::kicked: return check(execution);
    case Phase::sample:
      if (finite(awaited())) return move(awaited(), execution);
      return fail(Status::diverged, execution);
    case Phase::stage:
      if (finite(awaited())) return move(awaited(), execution);
      step_back();
      return fail(Status::diverged, execution);
    case Phase::confirm:
      if (finite(on_all_)) return record(Then::go_on, execution);
      return check(execution);
    case Phase::result: return record(at_.interrupted ? Then::end : Then::go_on, execution);
    case Phase::measure: in_.recorder.accept(at_.curvature); return record(at_.then, execution);
    case Phase::ended: return;
  }
}

Run::Run(const RunInputs& inputs)
    : in_(inputs),
      on_all_(inputs.objective),
      noise_(inputs.algorithm.perturbation.trigger == Trigger::never
                 ? 0
                 : inputs.objective.model().size()),
      turned_(inputs.algorithm.perturbation.turn_every > 0 ? inputs.objective.model().size() : 0),
      sampling_(inputs.algorithm.sampling.partial()),
      epoch_(inputs.algorithm.sampling.steps_per_epoch(inputs.objective.op().total_measurements())),
      sampler_(inputs.algorithm.sampling, inputs.objective.op().total_measurements()) {
  in_.algorithm.verify();
  in_.algorithm.check(in_.objective.model(), in_.objective.op());
  const Sampling& sampling = in_.algorithm.sampling;
  if (sampling_)
    on_sample_.emplace(in_.objective, sampling.stochastic() ? sampling.batch_size
                                                            : in_.objective.op().measurements());
  memory_ = in_.algorithm.direction->memory(in_.objective);
  stages_ = in_.algorithm.direction->stages(in_.objective.model());
  in_.recorder.reserve(in_.algorithm.stopping.max_iter);
  if (in_.algorithm.perturbation.trigger == Trigger::near_stationary)
    in_.iterates.anchor = Buffer<double>(in_.objective.model().size());
  at_.last_kick = -in_.algorithm.perturbation.window - 1;
  if (in_.resumed != nullptr) resume(*in_.resumed);
}

Run::Request Run::request() noexcept {
  const bool on_sample = on_sample_ && &awaited() == &*on_sample_;
  return {in_.iterates.current.data(), awaited(), on_sample ? drawn_ : Sample{},
          at_.phase == Phase::measure ? at_.wanted : nullptr, &at_.curvature};
}

Evaluation& Run::awaited() noexcept {
  const bool on_sample = at_.phase == Phase::sample || at_.phase == Phase::stage;
  return sampling_ && on_sample ? *on_sample_ : on_all_;
}

void Run::evaluated() noexcept {
  at_.evaluated = true;
  if (&awaited() == &on_all_) at_.known = at_.phase == Phase::stage ? -1 : at_.t;
}

void Run::wait_for(Phase phase) noexcept {
  at_.phase = phase;
  at_.evaluated = false;
}

Snapshot Run::snapshot() const noexcept {
  const double epochs =
      in_.algorithm.sampling.epochs(at_.t, in_.objective.op().total_measurements());
  return {at_.t, in_.iterates.current.data(), in_.objective, on_all_, at_.perturbed, in_.truth,
          epochs};
}

bool Run::kick_due() const {
  const Algorithm& algorithm = in_.algorithm;
  return finite(on_all_) &&
         algorithm.perturbation.due(at_.t, at_.last_kick, on_all_.gradient_norm) &&
         !algorithm.stopping.test(at_.t, in_.objective, on_all_, algorithm.perturbation);
}

// x~ = x_t, x_t <- x~ + xi_t; the step is taken from there (Algorithm 2, lines 3-5).
void Run::kick() {
  std::copy_n(in_.iterates.current.data(), in_.objective.model().size(),
              in_.iterates.anchor.data());
  at_.anchor_loss = on_all_.loss;
  at_.last_kick = at_.t;
  add_noise_to_iterate();
  wait_for(Phase::kicked);
}

void Run::add_noise_to_iterate() {
  add_noise(in_.algorithm.perturbation, at_.t, in_.iterates.current.data(),
            in_.objective.model().size(), noise_.data());
  at_.alike = false;
  ++at_.perturbations;
  at_.perturbed = true;
}

// The same Theta in columns that keep its smallest parts apart from its largest (turning.hpp).
void Run::turn_iterate() {
  const Parameterization& model = in_.objective.model();
  turn_columns(in_.iterates.current.data(), model.size() / model.columns(), model.columns(),
               turned_.data());
  at_.alike = false;
}

// Did f fall by less than f_thres in the t_thres steps since the kick? (Algorithm 2, line 6)
bool Run::kick_failed() const {
  const Perturbation& perturbation = in_.algorithm.perturbation;
  return perturbation.trigger == Trigger::near_stationary &&
         at_.t - at_.last_kick == perturbation.window &&
         on_all_.loss - at_.anchor_loss > -in_.algorithm.stopping.escape_decrease;
}

// f(x_t) is known: is it the end?
void Run::check(const Execution& execution) {
  if (!finite(on_all_)) {
    at_.status = Status::diverged;
    if (!step_back()) return record(Then::go_on, execution);
    return wait_for(Phase::result);
  }
  at_.status =
      in_.algorithm.stopping.test(at_.t, in_.objective, on_all_, in_.algorithm.perturbation);
  if ((!at_.status || at_.status == Status::max_iter) && kick_failed()) {
    std::swap(in_.iterates.current, in_.iterates.anchor);  // return x~ (line 7)
    at_.alike = false;
    at_.status = Status::second_order;
    return wait_for(Phase::result);
  }
  record(Then::go_on, execution);
}

// Records x_t if it is due or the last iterate. A run that steps back meets iterates twice and
// records them once.
void Run::record(Then then, const Execution& execution) {
  Recorder& recorder = in_.recorder;
  const bool wanted = recorder.due(at_.t) || at_.status || then != Then::go_on;
  const bool fresh = wanted && !recorder.has(at_.t);
  if (fresh) {
    at_.wanted = recorder.wants(snapshot());
    if (at_.wanted != nullptr) {
      at_.then = then;
      return wait_for(Phase::measure);
    }
    recorder.record(snapshot(), execution);
  }
  if (then != Then::go_on) at_.phase = Phase::ended;
  if (in_.observer != nullptr && then != Then::end && fresh)
    apply(in_.observer->on_record(snapshot()));
  if (then != Then::go_on) return;
  if (in_.observer != nullptr) apply(in_.observer->on_iteration(snapshot()));
  if (at_.status) return record(Then::end, execution);  // the observer may have asked to stop
  step(execution);
}

void Run::apply(Verdict verdict) {
  if (verdict == Verdict::interrupt) throw Interrupted();
  if (verdict == Verdict::stop && !at_.status) at_.status = Status::callback;
}

void Run::step(const Execution& execution) {
  if (sampling_) draw_sample();
  const bool nothing_left_out =
      !in_.algorithm.sampling.stochastic() && drawn_.rows.count == drawn_.of;
  if (!sampling_ || nothing_left_out) move(on_all_, execution);
}

// Is f wanted on all measurements, to be recorded and to see whether this is the end?
bool Run::evaluation_due() const noexcept {
  return !in_.algorithm.sampling.stochastic() || at_.t % epoch_ == 0 || in_.recorder.due(at_.t) ||
         at_.t >= in_.algorithm.stopping.max_iter;
}

void Run::draw_sample() {
  drawn_ = in_.algorithm.sampling.stochastic()
               ? sampler_.mini_batch(at_.t)
               : sampler_.truncated(on_all_.residual.data(), in_.objective.y());
  wait_for(Phase::sample);
}

// A stage of the step, from f and its gradient in `evaluation`.
void Run::move(const Evaluation& evaluation, const Execution& execution) {
  const double* const x = in_.iterates.current.data();
  const double eta = in_.algorithm.step.size;
  const double* const d = (*in_.algorithm.direction)(
      {at_.t, at_.stage, eta, x, in_.objective, evaluation}, memory_.get());
  if (d == nullptr) {
    if (at_.phase == Phase::stage) step_back();
    return fail(Status::singular, execution);
  }
  double* const next = (at_.stage == 0 ? in_.iterates.other : in_.iterates.current).data();
  const auto step = [&](const Range& range) {
    for (Index j = range.begin; j < range.end; ++j) next[j] = x[j] - eta * d[j];
  };
  if (at_.alike && in_.algorithm.direction->keeps_to_gradient())
    for (const Range& range : in_.objective.parameters()) step(range);
  else
    step({0, in_.objective.model().size()});
  at_.alike = true;
  if (at_.stage == 0) std::swap(in_.iterates.current, in_.iterates.other);
  if (++at_.stage < stages_) return wait_for(Phase::stage);
  at_.stage = 0;
  if (in_.recorder.has(at_.t)) at_.perturbed = false;
  const Perturbation& perturbation = in_.algorithm.perturbation;
  if (perturbation.trigger == Trigger::every_iteration) add_noise_to_iterate();
  ++at_.t;
  if (perturbation.turn_every > 0 && at_.t % perturbation.turn_every == 0) turn_iterate();
  at_.has_previous = true;
  wait_for(Phase::iterate);
  if (!evaluation_due()) draw_sample();
}

// To the iterate before the kick, the stage or the step that led here; false when there is none.
bool Run::step_back() {
  if (at_.phase == Phase::kicked) {
    std::swap(in_.iterates.current, in_.iterates.anchor);
    at_.alike = false;
    return true;
  }
  if (at_.phase != Phase::stage) {
    if (!at_.has_previous) return false;
    --at_.t;
  }
  std::swap(in_.iterates.current, in_.iterates.other);
  at_.has_previous = false;
  return true;
}

// There is no step from x_t.
void Run::fail(Status status, const Execution& execution) {
  at_.status = status;
  if (at_.known != at_.t) return wait_for(Phase::confirm);
  record(Then::report_and_end, execution);
}

// Where an interrupt goes back to, by the phase whose f is missing:
//
//   iterate           back to x_{t-1}; the run goes on from x_t
//   kicked            back to the iterate before the kick; the run goes on after the kick
//   sample            x_t if f is known on all measurements, else as iterate
//   stage             back to x_t; the stages begin anew
//   measure           x_t, when the quantities have what they want
//   confirm, result   nothing: the run is ending by itself
void Run::interrupt() {
  const bool ending = at_.phase == Phase::confirm || at_.phase == Phase::result ||
                      (at_.phase == Phase::measure && at_.status);
  if (ended() || (ending && !at_.evaluated)) return;
  at_.interrupted = true;
  if (at_.phase == Phase::measure && !at_.evaluated) {
    at_.then = Then::end;
    return;
  }
  const bool complete = at_.phase != Phase::stage &&
                        (at_.evaluated || (at_.phase == Phase::sample && at_.known == at_.t));
  if (!complete) {
    const Phase from = at_.phase;
    if (step_back()) {
      at_.undone = from == Phase::stage    ? Undone::nothing
                   : from == Phase::kicked ? Undone::kick
                                           : Undone::step;
    } else if (in_.resumed == nullptr) {  // not even f(x_0) is known
      on_all_.loss = on_all_.gradient_norm = on_all_.residual_norm = NAN;
      at_.phase = Phase::ended;
      return;
    }
  }
  // The figures of x_t were overwritten, or are of some measurements only.
  if (at_.known != at_.t) return wait_for(Phase::result);
  record(Then::end, {});
}

Outcome Run::outcome() const {
  const double norm_y = in_.objective.norm_y();
  return {at_.interrupted ? Status::interrupted : *at_.status,
          at_.t,
          on_all_.loss,
          on_all_.gradient_norm,
          norm_y > 0 ? on_all_.residual_norm / norm_y : on_all_.residual_norm,
          at_.perturbations,
          state()};
}

}  // namespace ipgd
