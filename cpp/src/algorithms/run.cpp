#include "ipgd/algorithms/run.hpp"

#include <cmath>

namespace ipgd {
namespace {

// Norms, not the loss: it overflows for large data that are perfectly regular.
bool finite(const Objective::Point& point) {
  return std::isfinite(point.residual_norm) && std::isfinite(point.gradient_norm);
}

}  // namespace

Run::Run(const RunInputs& inputs)
    : in_(inputs),
      point_(inputs.objective),
      noise_(inputs.algorithm.perturbation.trigger == Trigger::never
                 ? 0
                 : inputs.objective.model().size()),
      sampling_(inputs.algorithm.sampling.partial()),
      epoch_(inputs.algorithm.sampling.steps_per_epoch(inputs.objective.op().measurements())),
      sampler_(inputs.algorithm.sampling, inputs.objective.op().measurements()),
      last_kick_(-inputs.algorithm.perturbation.window - 1) {
  in_.algorithm.verify();
  in_.algorithm.check(in_.objective.model(), in_.objective.op());
  const Sampling& sampling = in_.algorithm.sampling;
  if (sampling_)
    sample_.emplace(in_.objective, sampling.stochastic() ? sampling.batch_size
                                                         : in_.objective.op().measurements());
  memory_ = in_.algorithm.direction->memory(in_.objective);
  stages_ = in_.algorithm.direction->stages(in_.objective.model());
  in_.recorder.reserve(in_.algorithm.stopping.max_iter);
  if (in_.algorithm.perturbation.trigger == Trigger::near_stationary)
    in_.iterates.anchor = Buffer<double>(in_.objective.model().size());
  if (in_.resumed != nullptr) go_on_from(*in_.resumed);
}

void Run::go_on_from(const RunState& state) {
  const auto put_back = [](const std::vector<double>& from, double* to, Index size) {
    if (static_cast<Index>(from.size()) != size)
      throw InvalidArgument("state", std::to_string(size) + " numbers",
                            std::to_string(from.size()));
    std::copy(from.begin(), from.end(), to);
  };
  const Index size = in_.objective.model().size();
  put_back(state.theta, in_.iterates.current.data(), size);
  if (!state.before.empty()) put_back(state.before, in_.iterates.other.data(), size);
  if (!state.anchor.empty()) put_back(state.anchor, in_.iterates.anchor.data(), size);
  auto next = state.memory.begin();
  std::vector<Direction::Memory::Numbers> kept;
  if (memory_ != nullptr) kept = memory_->kept();
  Index remembered = 0;
  for (const auto& numbers : kept) remembered += numbers.size;
  if (static_cast<Index>(state.memory.size()) != remembered)
    throw InvalidArgument("state", std::to_string(remembered) + " numbers in memory",
                          std::to_string(state.memory.size()));
  for (const auto& numbers : kept) {
    std::copy_n(next, numbers.size, numbers.data);
    next += numbers.size;
  }
  t_ = state.iteration;
  earliest_ = state.before.empty() ? t_ : t_ - 1;
  last_kick_ = state.last_kick;
  if (!state.anchor.empty() && t_ == last_kick_) phase_ = Phase::kicked;
  anchor_loss_ = state.anchor_loss;
  perturbations_ = state.perturbations;
  perturbed_ = state.perturbed;
  if (!evaluation_due()) draw_sample();
}

std::optional<RunState> Run::state() const {
  if (over_) return std::nullopt;
  const auto copy = [](const Buffer<double>& from) {
    return std::vector<double>(from.data(), from.data() + from.size());
  };
  const Iterates& at = in_.iterates;
  const bool kicked = ahead_ == Ahead::kick;  // then x~ is the result, and x~ + xi where it was
  RunState state;
  state.iteration = ahead_ == Ahead::step ? t_ + 1 : t_;
  state.theta = copy(kicked ? at.anchor : ahead_ == Ahead::step ? at.other : at.current);
  if (memory_ != nullptr)
    for (const auto& numbers : memory_->kept())
      state.memory.insert(state.memory.end(), numbers.data, numbers.data + numbers.size);
  state.last_kick = last_kick_;
  if (in_.algorithm.perturbation.trigger == Trigger::near_stationary &&
      state.iteration - last_kick_ <= in_.algorithm.perturbation.window) {
    state.anchor_loss = anchor_loss_;
    state.anchor = copy(kicked ? at.current : at.anchor);
  }
  if (ahead_ == Ahead::step) state.before = copy(at.current);
  state.perturbations = perturbations_;
  state.perturbed = perturbed_;
  return state;
}

Snapshot Run::snapshot() const noexcept {
  const double epochs = in_.algorithm.sampling.epochs(t_, in_.objective.op().measurements());
  return {t_, wanted(), in_.objective, point_, perturbed_, in_.truth, epochs};
}

void Run::answered() noexcept {
  answered_ = true;
  if (!on_sample()) evaluated_ = phase_ == Phase::midway ? -1 : t_;
}

void Run::advance() {
  if (phase_ == Phase::regular && finite(point_) &&
      in_.algorithm.perturbation.due(t_, last_kick_, point_.gradient_norm) &&
      !in_.algorithm.stopping.test(t_, in_.objective, point_, in_.algorithm.perturbation)) {
    // x~ = x_t, x_t <- x~ + xi_t; the step is taken from there (Algorithm 2, lines 3-5)
    std::copy_n(wanted(), in_.objective.model().size(), in_.iterates.anchor.data());
    anchor_loss_ = point_.loss;
    last_kick_ = t_;
    kick();
    phase_ = Phase::kicked;
  } else if (phase_ == Phase::closing) {
    record_and_step();
  } else if ((phase_ == Phase::midway || phase_ == Phase::sampled) && finite(point())) {
    move(point());
  } else if (phase_ == Phase::sampled) {
    end_here(Status::diverged);
  } else if (phase_ == Phase::midway) {
    step_back();
    end_here(Status::diverged);
  } else if (phase_ == Phase::doubted && finite(point_)) {
    over_ = true;
    record_and_step();
  } else {
    take_iterate();
  }
}

// x_t (+ xi_t) has its loss: is it the end?
void Run::take_iterate() {
  const Perturbation& perturbation = in_.algorithm.perturbation;
  if (!finite(point_)) {
    if (!step_back()) {
      status_ = Status::diverged;
      over_ = true;
      record_and_step();
    } else {
      close(Status::diverged);
    }
    return;
  }
  status_ = in_.algorithm.stopping.test(t_, in_.objective, point_, perturbation);
  const bool window_over =
      perturbation.trigger == Trigger::near_stationary && t_ - last_kick_ == perturbation.window;
  if ((!status_ || status_ == Status::max_iter) && window_over &&
      point_.loss - anchor_loss_ > -in_.algorithm.stopping.escape_decrease) {
    // The kick at t - t_thres did not help: return x~ (Algorithm 2, lines 6-7).
    std::swap(in_.iterates.current, in_.iterates.anchor);
    alike_ = false;
    close(Status::second_order);
  } else {
    record_and_step();
  }
}

// To the iterate that was answered last (on all measurements or on some); false when there is none.
bool Run::step_back() {
  if (phase_ == Phase::midway) {
    std::swap(in_.iterates.current, in_.iterates.other);
    earliest_ = t_;
  } else if (phase_ == Phase::kicked) {
    std::swap(in_.iterates.current, in_.iterates.anchor);
    alike_ = false;
  } else if (t_ > earliest_) {
    std::swap(in_.iterates.current, in_.iterates.other);
    earliest_ = --t_;
  } else {
    return false;
  }
  return true;
}

// The result is another iterate than the one just evaluated: its loss is wanted once more.
void Run::close(Status status) {
  status_ = status;
  over_ = status != Status::interrupted;
  phase_ = Phase::closing;
  answered_ = false;
}

void Run::record_and_step() {
  if (t_ % in_.recorder.every() == 0 || status_) record_and_tell();
  if (in_.observer != nullptr) heed(in_.observer->on_iteration(snapshot()));
  if (status_) {
    record();
    phase_ = Phase::ended;
  } else {
    step();
  }
}

void Run::record_and_tell() {
  if (record() && in_.observer != nullptr) heed(in_.observer->on_record(snapshot()));
}

// False when t was recorded before, as it may have been when a run steps back.
bool Run::record() {
  if (in_.recorder.has(t_)) return false;
  in_.recorder.record(snapshot());
  return true;
}

void Run::heed(Verdict verdict) {
  if (verdict == Verdict::interrupt) throw Interrupted();
  if (verdict == Verdict::stop && !status_) status_ = Status::callback;
}

// Is f wanted on all measurements, to be recorded and to see whether this is the end?
bool Run::evaluation_due() const noexcept {
  return !in_.algorithm.sampling.stochastic() || t_ % epoch_ == 0 ||
         t_ % in_.recorder.every() == 0 || t_ >= in_.algorithm.stopping.max_iter;
}

void Run::draw_sample() {
  drawn_ = in_.algorithm.sampling.stochastic()
               ? sampler_.mini_batch(t_)
               : sampler_.truncated(point_.residual.data(), in_.objective.y());
  phase_ = Phase::sampled;
  answered_ = false;
}

void Run::step() {
  if (sampling_) draw_sample();
  const bool nothing_left_out = !in_.algorithm.sampling.stochastic() &&
                                drawn_.rows.count == in_.objective.op().measurements();
  if (!sampling_ || nothing_left_out) move(point_);
}

// A stage of the step from f and its gradient in `point`.
void Run::move(const Objective::Point& point) {
  const double* x = wanted();
  const double eta = in_.algorithm.step.size;
  const double* d =
      (*in_.algorithm.direction)({t_, stage_, eta, x, in_.objective, point}, memory_.get());
  if (d == nullptr) {
    if (phase_ == Phase::midway) step_back();
    end_here(Status::singular);
    return;
  }
  double* const next = (stage_ == 0 ? in_.iterates.other : in_.iterates.current).data();
  const auto step = [&](const Range& range) {
    for (Index j = range.begin; j < range.end; ++j) next[j] = x[j] - eta * d[j];
  };
  if (alike_ && in_.algorithm.direction->keeps_to_gradient())
    for (const Range& range : in_.objective.parameters()) step(range);
  else
    step({0, in_.objective.model().size()});
  alike_ = true;
  if (stage_ == 0) std::swap(in_.iterates.current, in_.iterates.other);
  answered_ = false;
  if (++stage_ < stages_) {
    phase_ = Phase::midway;
    return;
  }
  stage_ = 0;
  if (in_.recorder.has(t_)) perturbed_ = false;
  if (in_.algorithm.perturbation.trigger == Trigger::every_iteration) kick();
  ++t_;
  phase_ = Phase::regular;
  if (!evaluation_due()) draw_sample();
}

// The run ends at x_t or, if f of all measurements is infinite there, before it.
void Run::end_here(Status status) {
  status_ = status;
  if (evaluated_ == t_) {
    over_ = true;
    phase_ = Phase::ended;
    record_and_tell();
  } else {
    phase_ = Phase::doubted;
    answered_ = false;
  }
}

void Run::kick() {
  add_noise(in_.algorithm.perturbation, t_, in_.iterates.current.data(),
            in_.objective.model().size(), noise_.data());
  alike_ = false;
  ++perturbations_;
  perturbed_ = true;
  answered_ = false;
}

void Run::interrupt() {
  const bool about_to_end = phase_ == Phase::closing || phase_ == Phase::doubted;
  if (phase_ == Phase::ended || (about_to_end && !answered_)) return;
  // The last complete iterate whose evaluation was finished is the result.
  const bool complete =
      phase_ != Phase::midway && (answered_ || (phase_ == Phase::sampled && evaluated_ == t_));
  const bool any = complete || step_back();
  if (!complete && any)
    ahead_ = phase_ == Phase::midway   ? Ahead::nothing  // the stages begin anew
             : phase_ == Phase::kicked ? Ahead::kick
                                       : Ahead::step;
  if (!any && in_.resumed == nullptr) {
    point_.loss = point_.gradient_norm = point_.residual_norm = NAN;
  } else if (evaluated_ != t_) {
    close(Status::interrupted);  // its figures were overwritten, or are of some measurements only
    return;
  } else {
    record();
  }
  status_ = Status::interrupted;
  phase_ = Phase::ended;
}

Outcome Run::outcome() const {
  const double norm_y = in_.objective.norm_y();
  return {*status_,
          t_,
          point_.loss,
          point_.gradient_norm,
          norm_y > 0 ? point_.residual_norm / norm_y : point_.residual_norm,
          perturbations_,
          state()};
}

}  // namespace ipgd
