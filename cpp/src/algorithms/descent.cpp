#include "ipgd/algorithms/descent.hpp"

#include <algorithm>

#include "ipgd/objective/curvature.hpp"
#include "ipgd/objective/evaluator.hpp"

namespace ipgd {
namespace {

// Runs of one operator that share its passes.
using Group = std::vector<Run*>;

// What a group's passes work in.
struct Passes {
  explicit Passes(const Group& group)
      : evaluator(group.front()->objective().op(), static_cast<Index>(group.size())) {
    const auto wanting = std::count_if(group.begin(), group.end(),
                                       [](const Run* run) { return run->wants_curvatures(); });
    if (wanting > 0) curvatures.emplace(group.front()->objective().op(), wanting);
  }
  Evaluator evaluator;
  std::optional<Curvatures> curvatures;
};

// One pass over A for the runs that have not ended, and one forward for those among them that wait
// for curvatures; false when all have ended.
bool advance(const Group& group, Passes& passes, const Execution& execution) {
  bool any = false;
  for (Run* run : group)
    if (!run->ended()) {
      const Run::Request request = run->request();
      if (request.direction != nullptr)
        passes.curvatures->add(run->objective(), request.theta, request.evaluation,
                               request.direction, request.curvature);
      else
        passes.evaluator.add(run->objective(), request.theta, request.evaluation, request.sample);
      any = true;
    }
  if (!any) return false;
  if (passes.curvatures) passes.curvatures->evaluate(execution);
  passes.evaluator.evaluate(execution);
  for (Run* run : group)
    if (!run->ended()) run->evaluated();
  // Observers are called on this thread only.
  const Execution all{execution.n_threads, nullptr};
  for (Run* run : group)
    if (!run->ended() && run->observed()) run->advance(all);
  const Execution own{group.size() == 1 ? execution.n_threads : 1, nullptr};
  parallel_for(all, static_cast<Index>(group.size()), [&](Index k) {
    Run& run = *group[static_cast<std::size_t>(k)];
    if (!run.ended() && !run.observed()) run.advance(own);
  });
  return true;
}

// Takes all runs of a group to their ends; false when they were interrupted.
bool descend_group(const Group& group, const Execution& execution) {
  Passes passes(group);
  try {
    do execution.poll();
    while (advance(group, passes, execution));
    return true;
  } catch (const Interrupted&) {
    for (Run* run : group) run->interrupt();
    // What the results still lack: a pass or two, not interrupted.
    while (advance(group, passes, {execution.n_threads, nullptr})) {
    }
    return false;
  }
}

// The runs by operator, observed ones first.
std::vector<Group> by_operator(std::vector<Run>& runs) {
  std::vector<Group> groups;
  const auto group_of = [&](const Run& run) -> Group& {
    for (Group& group : groups)
      if (&group.front()->objective().op() == &run.objective().op()) return group;
    return groups.emplace_back();
  };
  for (const bool observed : {true, false})
    for (Run& run : runs)
      if (run.observed() == observed) group_of(run).push_back(&run);
  return groups;
}

// Groups of at most 16 runs, so that every thread gets some.
void split(const Group& group, int n_threads, std::vector<Group>& pieces) {
  constexpr std::size_t kMost = 16;
  const auto threads = static_cast<std::size_t>(std::max(n_threads, 1));
  const std::size_t size = std::min(kMost, (group.size() + threads - 1) / threads);
  for (std::size_t k = 0; k < group.size(); k += size)
    pieces.emplace_back(
        group.begin() + static_cast<std::ptrdiff_t>(k),
        group.begin() + static_cast<std::ptrdiff_t>(std::min(k + size, group.size())));
}

}  // namespace

std::vector<Outcome> descend(const std::vector<RunInputs>& inputs, const Execution& execution) {
  std::vector<Run> runs;
  runs.reserve(inputs.size());
  for (const RunInputs& input : inputs) runs.emplace_back(input);

  SharedInterrupt interrupt(execution.interrupt);  // what interrupts one run interrupts all
  const Execution shared{execution.n_threads, &interrupt};
  std::vector<Group> small;
  for (const Group& group : by_operator(runs)) {
    const Operator& op = group.front()->objective().op();
    if (!op.is_small() || op.capabilities().calling_thread_only || runs.size() == 1) {
      if (!descend_group(group, shared)) interrupt.stop();
      continue;
    }
    const auto unobserved =
        std::find_if(group.begin(), group.end(), [](Run* run) { return !run->observed(); });
    const Group watched(group.begin(), unobserved);
    if (!watched.empty() && small.empty())
      small.push_back(watched);  // task 0 runs on this thread, as observers need
    else if (!watched.empty() && !descend_group(watched, shared))
      interrupt.stop();
    split(Group(unobserved, group.end()), execution.n_threads, small);
  }
  try {
    parallel_tasks(shared, static_cast<Index>(small.size()), [&](Index g, const Execution& own) {
      if (!descend_group(small[static_cast<std::size_t>(g)], own))
        throw Interrupted();  // to the others
    });
  } catch (const Interrupted&) {
  }

  std::vector<Outcome> outcomes;
  for (const Run& run : runs) outcomes.push_back(run.outcome());
  return outcomes;
}

}  // namespace ipgd
