#include "ipgd/algorithms/descent.hpp"

namespace ipgd {
namespace {

// One pass over A for the runs that have not ended; false when all have.
bool advance(std::vector<Run>& runs, Evaluator& evaluator, const Execution& execution) {
  bool any = false;
  for (Run& run : runs)
    if (!run.ended()) {
      evaluator.add(run.objective(), run.wanted(), run.point());
      any = true;
    }
  if (!any) return false;
  evaluator.evaluate(execution);
  for (Run& run : runs) run.answered();
  for (Run& run : runs)
    if (!run.ended()) run.advance();
  return true;
}

}  // namespace

std::vector<Outcome> descend_batch(const std::vector<RunInputs>& inputs,
                                   const Execution& execution) {
  if (inputs.empty()) return {};
  std::vector<Run> runs;
  runs.reserve(inputs.size());
  for (const RunInputs& input : inputs) runs.emplace_back(input);

  Evaluator evaluator(inputs.front().objective.op(), static_cast<Index>(runs.size()));
  try {
    do execution.poll();
    while (advance(runs, evaluator, execution));
  } catch (const Interrupted&) {
    for (Run& run : runs) run.interrupt();
    // A result that was already chosen still gets its loss: one pass that is not interrupted.
    advance(runs, evaluator, {execution.n_threads, nullptr});
  }
  std::vector<Outcome> outcomes;
  for (const Run& run : runs) outcomes.push_back(run.outcome());
  return outcomes;
}

Outcome descend(const RunInputs& inputs, const Execution& execution) {
  return descend_batch({inputs}, execution).front();
}

}  // namespace ipgd
