// One run as a state machine. It asks for an evaluation of f and goes on from the answer, so
// that many runs can share a pass over A. A run has the same bits alone and in a batch.
#pragma once

#include "ipgd/algorithms/algorithm.hpp"
#include "ipgd/algorithms/record.hpp"

namespace ipgd {

enum class Verdict { go_on, stop, interrupt };

/// Watches a run from outside. Called on the calling thread, between iterations.
class Observer {
 public:
  virtual ~Observer() = default;
  /// After each record.
  virtual Verdict on_record(const Snapshot& snapshot) = 0;
  /// At every iteration; must be cheap.
  virtual Verdict on_iteration(const Snapshot& snapshot) = 0;
};

/// The memory of a run's iterates. It outlives the run, so an observer may keep a pointer.
struct Iterates {
  explicit Iterates(Index size) : current(size), other(size) {}
  Buffer<double> current;
  Buffer<double> other;   // x_{t-1}, so that the last finite iterate survives
  Buffer<double> anchor;  // x before the last kick
};

/// Where a run stands before step t. From here another run of the same problem and algorithm goes
/// on with the bits of a run that never stopped. Noise and mini-batches are functions of t.
struct RunState {
  Index iteration = 0;         // t
  std::vector<double> theta;   // x_t, or x_t + xi_t
  std::vector<double> memory;  // of the direction
  Index last_kick = 0;
  double anchor_loss = 0;      // f before the last kick
  std::vector<double> anchor;  // x before the last kick, until its window has passed
  std::vector<double> before;  // x_{t-1}, of a run that was interrupted before it knew f at x_t
  Index perturbations = 0;
  bool perturbed = false;          // since the last record before t
  std::vector<double> recorded{};  // what recorded quantities remember
};

struct Outcome {
  Status status;
  Index iteration;  // steps taken
  double loss, gradient_norm, relative_residual;
  Index perturbations;  // all that were made, also of discarded iterates
  // None after diverged, singular and second_order, where nothing can go on. An interrupted run may
  // have been one step or kick ahead of its last complete iterate.
  std::optional<RunState> state;
};

/// What a run needs beside its objective. All of it must outlive the run.
struct RunInputs {
  const Objective& objective;
  const Algorithm& algorithm;
  Iterates& iterates;  // starts at iterates.current (or the state's), where the result is left
  const Truth* truth;  // may be null
  Recorder& recorder;
  Observer* observer;                 // may be null
  const RunState* resumed = nullptr;  // where another run stood; null: begin
};

class Run {
 public:
  /// Throws InvalidArgument when the algorithm's settings make no sense, or not for the model, or
  /// when the state is not one of such a run.
  explicit Run(const RunInputs& inputs);

  const Objective& objective() const noexcept { return in_.objective; }
  bool observed() const noexcept { return in_.observer != nullptr; }
  bool ended() const noexcept { return at_.phase == Phase::ended; }

  /// What the run waits for: f at `theta`, on `sample`, into `evaluation`; or, where `direction` is
  /// not null, the curvature of f along it at `theta`, where f is `evaluation`.
  struct Request {
    const double* theta;
    Evaluation& evaluation;
    Sample sample;
    const double* direction;
    double* curvature;
  };
  Request request() noexcept;
  /// True when it may wait for a curvature.
  bool wants_curvatures() const noexcept { return in_.recorder.needs_passes(); }
  /// It has been found.
  void evaluated() noexcept;
  /// Goes on to the next request, or to the end. Throws Interrupted when the observer says so.
  void advance(const Execution& execution);
  /// Ends the run at the last iterate whose f is known. It may still wait for an evaluation that
  /// the result needs: f there, or what recorded quantities want.
  void interrupt();

  /// After the end.
  Outcome outcome() const;

 private:
  // What f is evaluated for.
  enum class Phase { iterate, kicked, sample, stage, confirm, result, measure, ended };
  // What follows the record of x_t.
  enum class Then { go_on, report_and_end, end };
  // What an interrupt took back in the result; the state still contains it.
  enum class Undone { nothing, step, kick };

  struct State {
    Phase phase = Phase::iterate;
    bool evaluated = false;     // the request has been answered
    Index t = 0;                // iterates.current is x_t (+ xi_t), in Phase::stage on its way on
    Index stage = 0;            // of the step from x_t
    Index known = -1;           // on_all_ holds f of this iterate on all measurements; -1: of none
    bool has_previous = false;  // iterates.other is x_{t-1}
    std::optional<Status> status;  // why the run ends
    bool interrupted = false;      // before that
    Undone undone = Undone::nothing;
    Then then = Then::go_on;         // in Phase::measure
    const double* wanted = nullptr;  // in Phase::measure: along which direction,
    double curvature = 0;            // and the answer
    Index last_kick = 0;
    double anchor_loss = 0;  // of x before the last kick
    Index perturbations = 0;
    bool perturbed = false;  // since the last record before x_t
    bool alike = false;      // both iterates agree where f does not depend on them
  };

  void resume(const RunState& state);
  void require_possible(const RunState& state) const;
  std::optional<RunState> state() const;
  Snapshot snapshot() const noexcept;
  Evaluation& awaited() noexcept;

  void wait_for(Phase phase) noexcept;
  bool kick_due() const;
  bool kick_failed() const;
  void kick();
  void add_noise_to_iterate();
  void turn_iterate();
  void check(const Execution& execution);
  void record(Then then, const Execution& execution);
  void apply(Verdict verdict);
  void step(const Execution& execution);
  bool evaluation_due() const noexcept;
  void draw_sample();
  void move(const Evaluation& evaluation, const Execution& execution);
  bool step_back();
  void fail(Status status, const Execution& execution);

  RunInputs in_;
  Evaluation on_all_;      // f at the iterate, on all measurements
  Buffer<float> noise_;    // scratch of add_noise
  Buffer<double> turned_;  // and of turn_columns
  bool sampling_;          // steps see some of the measurements only
  Index epoch_;            // steps in which all are seen once
  Sampler sampler_;
  Sample drawn_;
  std::optional<Evaluation> on_sample_;  // f on them
  std::unique_ptr<Direction::Memory> memory_;
  Index stages_;  // of a step
  State at_;
};

}  // namespace ipgd
