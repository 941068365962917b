// The state of a run, taken out and put back.
#include <algorithm>
#include <cmath>

#include "ipgd/algorithms/run.hpp"

namespace ipgd {
namespace {

// No run takes 2^53 iterations; smaller numbers can be added, and multiplied by sizes.
constexpr Index kMostIterations = Index{1} << 53;

void require(bool ok, const char* field, const std::string& expected, const std::string& given) {
  if (!ok) throw InvalidArgument(std::string("state.") + field, expected, given);
}

void require_between(const char* field, Index least, Index given, Index most) {
  require(least <= given && given <= most, field,
          "an integer from " + std::to_string(least) + " to " + std::to_string(most),
          std::to_string(given));
}

void require_size(const char* field, const std::vector<double>& numbers, Index size) {
  require(static_cast<Index>(numbers.size()) == size, field, std::to_string(size) + " numbers",
          std::to_string(numbers.size()));
}

void require_finite(const char* field, const std::vector<double>& numbers) {
  const auto bad = std::find_if(numbers.begin(), numbers.end(),
                                [](double number) { return !std::isfinite(number); });
  if (bad != numbers.end()) require(false, field, "finite numbers", text(*bad));
}

}  // namespace

// Checks everything that the run uses as an index or a size. x_t itself may be infinite: its step
// may have overflowed when the run was interrupted.
void Run::require_possible(const RunState& state) const {
  const Index size = in_.objective.model().size();
  const Perturbation& perturbation = in_.algorithm.perturbation;
  const bool kicks = perturbation.trigger == Trigger::near_stationary;
  const Index never = -perturbation.window - 1;

  require_between("iteration", 0, state.iteration, kMostIterations);
  require_between("perturbations", 0, state.perturbations, state.iteration + 1);
  require_size("theta", state.theta, size);
  if (state.last_kick != never)
    require_between("last_kick", kicks ? 0 : never, state.last_kick,
                    kicks ? state.iteration : never);

  const bool waits = kicks && state.iteration - state.last_kick <= perturbation.window;
  require_size("anchor", state.anchor, waits ? size : 0);
  require_finite("anchor", state.anchor);
  require(state.anchor_loss >= 0, "anchor_loss", "a number >= 0", text(state.anchor_loss));
  if (!state.before.empty()) {
    require(state.iteration > 0, "before", "no numbers before iteration 0",
            std::to_string(state.before.size()));
    require_size("before", state.before, size);
    require_finite("before", state.before);
  }
}

void Run::resume(const RunState& state) {
  require_possible(state);
  const auto put_back = [](const std::vector<double>& from, Buffer<double>& to) {
    std::copy(from.begin(), from.end(), to.data());
  };
  put_back(state.theta, in_.iterates.current);
  put_back(state.before, in_.iterates.other);
  put_back(state.anchor, in_.iterates.anchor);
  restore(state.memory, memory_ ? memory_->kept() : std::vector<Span>{}, "state.memory");
  in_.recorder.resume(state.iteration, state.recorded);
  at_.t = state.iteration;
  at_.has_previous = !state.before.empty();
  at_.last_kick = state.last_kick;
  at_.anchor_loss = state.anchor_loss;
  at_.perturbations = state.perturbations;
  at_.perturbed = state.perturbed;
  if (!state.anchor.empty() && at_.t == at_.last_kick) at_.phase = Phase::kicked;
  if (!evaluation_due()) draw_sample();
}

std::optional<RunState> Run::state() const {
  if (at_.status == Status::diverged || at_.status == Status::singular ||
      at_.status == Status::second_order)
    return std::nullopt;
  const auto copy = [](const Buffer<double>& from) {
    return std::vector<double>(from.data(), from.data() + from.size());
  };
  const Iterates& x = in_.iterates;
  const bool stepped = at_.undone == Undone::step;  // then x_{t+1} is where x_{t-1} was
  const bool kicked = at_.undone == Undone::kick;   // then x + xi is where x was
  RunState state;
  state.iteration = stepped ? at_.t + 1 : at_.t;
  state.theta = copy(kicked ? x.anchor : stepped ? x.other : x.current);
  if (memory_ != nullptr) state.memory = copied(memory_->kept());
  state.last_kick = at_.last_kick;
  if (in_.algorithm.perturbation.trigger == Trigger::near_stationary &&
      state.iteration - at_.last_kick <= in_.algorithm.perturbation.window) {
    state.anchor_loss = at_.anchor_loss;
    state.anchor = copy(kicked ? x.current : x.anchor);
  }
  if (stepped) state.before = copy(x.current);
  state.perturbations = at_.perturbations;
  state.perturbed = at_.perturbed;
  state.recorded = in_.recorder.memory_before(state.iteration);
  return state;
}

}  // namespace ipgd
