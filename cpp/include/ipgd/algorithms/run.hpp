// One run as a state machine: it says where f is wanted and takes the answer, so that many runs can
// share a pass over A and one run is the same alone as in company.
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
  Buffer<double> other;   // x_{t-1} (midway: x_t), then x_{t+1}: the last finite iterate survives
  Buffer<double> anchor;  // x before the last kick
};

/// Where a run stands before step t: with it, another run of the same problem and algorithm goes on
/// with the bits of one that was never divided. Noise and mini-batches are functions of t.
struct RunState {
  Index iteration = 0;         // t
  std::vector<double> theta;   // x_t, or x_t + xi_t
  std::vector<double> memory;  // of the direction
  Index last_kick = 0;
  double anchor_loss = 0;      // of x before the last kick,
  std::vector<double> anchor;  // and that x, as long as its effect is waited for
  std::vector<double> before;  // x_{t-1}, of a run that was interrupted before it knew f at x_t
  Index perturbations = 0;
  bool perturbed = false;  // since the last record before t
};

struct Outcome {
  Status status;
  Index iteration;  // steps taken
  double loss, gradient_norm, relative_residual;
  Index perturbations;  // made, also those of an iterate that was discarded
  // None of a run that came to its own end: diverged, singular, second_order. An interrupted run
  // may have been one step or kick ahead of its last complete iterate.
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
  /// the state is of another model or direction.
  explicit Run(const RunInputs& inputs);

  const Objective& objective() const noexcept { return in_.objective; }
  bool observed() const noexcept { return in_.observer != nullptr; }
  /// Where f is wanted next.
  const double* wanted() const noexcept { return in_.iterates.current.data(); }
  /// Where the answer goes.
  Objective::Point& point() noexcept { return on_sample() ? *sample_ : point_; }
  /// On which measurements.
  Sample on() const noexcept { return on_sample() ? drawn_ : Sample{}; }
  bool ended() const noexcept { return phase_ == Phase::ended; }

  /// point() has been filled.
  void answered() noexcept;
  /// Goes on from the answer. Throws Interrupted when the observer says so.
  void advance();
  /// Ends the run at the last iterate that was answered; one that is ending by itself and waits for
  /// its result's own loss goes on waiting.
  void interrupt();

  /// After the end.
  Outcome outcome() const;

 private:
  enum class Phase {
    regular,  // x_t
    kicked,   // x_t + xi_t
    sampled,  // x_t on the measurements that its step sees
    midway,   // between two stages of the step from x_t
    doubted,  // x_t, from where no step can be taken
    closing,  // the iterate that will be returned
    ended,
  };

  // What the state has gone through that the result has not.
  enum class Ahead { nothing, step, kick };

  void go_on_from(const RunState& state);
  std::optional<RunState> state() const;
  Snapshot snapshot() const noexcept;
  void take_iterate();
  void close(Status status);
  void record_and_step();
  bool record();
  bool step_back();
  void record_and_tell();
  void heed(Verdict verdict);
  void kick();
  bool on_sample() const noexcept {
    return sampling_ && (phase_ == Phase::sampled || phase_ == Phase::midway);
  }
  bool evaluation_due() const noexcept;
  void draw_sample();
  void step();
  void move(const Objective::Point& point);
  void end_here(Status status);

  RunInputs in_;
  Objective::Point point_;
  Buffer<float> noise_;  // scratch of add_noise
  bool sampling_;        // steps see some of the measurements only
  Index epoch_;          // steps in which all are seen once
  Sampler sampler_;
  Sample drawn_;
  std::optional<Objective::Point> sample_;  // f on them
  std::unique_ptr<Direction::Memory> memory_;
  Index stages_, stage_ = 0;  // of a step

  Phase phase_ = Phase::regular;
  Index t_ = 0;
  std::optional<Status> status_;
  bool over_ = false;   // there is no step from here
  Index earliest_ = 0;  // that can be stepped back to
  Ahead ahead_ = Ahead::nothing;
  bool answered_ = false;  // point() belongs to iterates.current
  Index evaluated_ = -1;   // point_ belongs to this x_t (or x_t + xi_t); -1: to none

  double anchor_loss_ = 0;  // of x before the last kick
  Index last_kick_;
  Index perturbations_ = 0;
  bool perturbed_ = false;  // since the last record before x_t
  bool alike_ = false;      // current and other differ in the parameters that f depends on at most
};

}  // namespace ipgd
