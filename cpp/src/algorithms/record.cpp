#include "ipgd/algorithms/record.hpp"

#include <algorithm>

#include "ipgd/base/error.hpp"

namespace ipgd {
namespace {

const QuantityKind* find(const std::string& name) {
  for (const QuantityKind& kind : recordable_quantities())
    if (name == kind.name) return &kind;
  return nullptr;
}

bool is_own(const Parameterization& model, const std::string& name) {
  const auto own = model.own_quantity();
  return own && name == own->name;
}

std::string known_names(const Parameterization& model) {
  std::string names;
  for (const QuantityKind& kind : recordable_quantities())
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  if (const auto own = model.own_quantity()) names += ", " + std::string(own->name);
  return names;
}

void require(const QuantityKind& kind, bool has_truth, Index functions) {
  const std::string name = "'" + std::string(kind.name) + "'";
  if (kind.needs != Needs::nothing && !has_truth)
    throw InvalidArgument("record", "a problem with a truth to record " + name,
                          "a problem without one");
  if (kind.needs == Needs::functions && functions == 0)
    throw InvalidArgument("record", "a problem with a basis to record " + name,
                          "a problem without one");
}

}  // namespace

Recorder::Recorder(const std::vector<std::string>& names, Index every, Index n_singular_values,
                   const Parameterization& model, bool has_truth, Index functions)
    : every_(every) {
  if (every < 1) throw InvalidArgument("record_every", "at least 1", std::to_string(every));
  if (n_singular_values < 1)
    throw InvalidArgument("n_singular_values", "at least 1", std::to_string(n_singular_values));
  const QuantitySetting setting{model, n_singular_values, functions};
  for (const std::string& name : names) {
    const auto same = [&](const Column& c) { return c.name == name; };
    if (std::any_of(columns_.begin(), columns_.end(), same)) continue;
    const QuantityKind* const kind = find(name);
    if (kind == nullptr && !is_own(model, name))
      throw InvalidArgument("record", "names out of " + known_names(model), "'" + name + "'");
    if (kind != nullptr) require(*kind, has_truth, functions);
    quantities_.push_back(kind != nullptr ? make_quantity(*kind, setting)
                                          : make_own_quantity(model));
    const Index width = quantities_.back()->width();
    columns_.push_back({name, width, kind != nullptr ? kind->vector : width > 1, {}});
  }
}

void Recorder::reserve(Index max_iter) {
  constexpr Index kMost = 4096;
  const auto records = static_cast<std::size_t>(std::min(kMost, max_iter / every_ + 2));
  iterations_.reserve(records);
  for (Column& column : columns_)
    column.data.reserve(records * static_cast<std::size_t>(column.width));
}

bool Recorder::needs_passes() const noexcept {
  return std::any_of(quantities_.begin(), quantities_.end(),
                     [](const auto& quantity) { return quantity->needs_passes(); });
}

const double* Recorder::wants(const Snapshot& s) {
  for (; asking_ < quantities_.size(); ++asking_, passes_ = 0)
    if (const double* const v = quantities_[asking_]->wants(s, passes_)) return v;
  return nullptr;
}

void Recorder::accept(double curvature) {
  quantities_[asking_]->accept(curvature);
  ++passes_;
}

std::vector<Span> Recorder::kept() {
  std::vector<Span> all;
  for (const auto& quantity : quantities_)
    for (const Span& span : quantity->kept()) all.push_back(span);
  return all;
}

void Recorder::record(const Snapshot& s, const Execution& execution) {
  std::vector<double> before = copied(kept());
  iterations_.push_back(s.iteration);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::vector<double>& data = columns_[c].data;
    const std::size_t end = data.size();
    data.resize(end + static_cast<std::size_t>(columns_[c].width));
    quantities_[c]->measure(s, data.data() + end, execution);
  }
  asking_ = 0;
  if (due(s.iteration)) {
    last_due_ = s.iteration;
    before_last_due_ = std::move(before);
  } else {
    restore(before, kept(), "memory");
  }
}

std::vector<double> Recorder::memory_before(Index t) {
  return last_due_ >= t ? before_last_due_ : copied(kept());
}

void Recorder::resume(Index t, const std::vector<double>& memory) {
  restore(memory, kept(), "state.recorded");
  begin_ = t;
}

}  // namespace ipgd
