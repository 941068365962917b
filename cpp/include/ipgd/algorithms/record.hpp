// What a run has recorded.
#pragma once

#include <string>

#include "ipgd/algorithms/quantity.hpp"

namespace ipgd {

/// One recorded quantity: `width` numbers a record.
struct Column {
  std::string name;
  Index width;
  bool vector;  // a record is an array, even where it has one number
  std::vector<double> data;
};

class Recorder {
 public:
  /// `functions` is the number of the truth's functions. Records `names` every `every` iterations.
  /// Throws InvalidArgument for an unknown name, one that needs a truth when there is none, or
  /// every < 1.
  Recorder(const std::vector<std::string>& names, Index every, Index n_singular_values,
           const Parameterization& model, bool has_truth, Index functions = 0);

  /// Is x_t recorded whether or not it is the last iterate?
  bool due(Index t) const noexcept { return t % every_ == 0; }
  /// Reserves room for a run of up to max_iter steps, within reason.
  void reserve(Index max_iter);

  /// True when a quantity may want curvatures of f.
  bool needs_passes() const noexcept;
  /// Along which direction the curvature of f is wanted next before `record(s)`; null: none any
  /// more.
  const double* wants(const Snapshot& s);
  /// That curvature.
  void accept(double curvature);
  /// A record that is not due (of a run's last iterate) is forgotten by quantities with memory, so
  /// that a run that goes on from there records what one that never stopped does.
  void record(const Snapshot& s, const Execution& execution);
  bool has(Index t) const noexcept {
    return (!iterations_.empty() && iterations_.back() == t) || (t < begin_ && due(t));
  }

  /// The memory of the quantities before they recorded x_t or a later iterate.
  std::vector<double> memory_before(Index t);
  /// Goes on from there. Throws InvalidArgument when `memory` is not that of such quantities.
  void resume(Index t, const std::vector<double>& memory);

  const std::vector<Index>& iterations() const noexcept { return iterations_; }
  const std::vector<Column>& columns() const noexcept { return columns_; }

 private:
  std::vector<Span> kept();

  Index every_;
  std::vector<Index> iterations_;
  std::vector<Column> columns_;
  std::vector<std::unique_ptr<Quantity>> quantities_;  // of the columns
  std::size_t asking_ = 0;                             // the quantity that wants a curvature,
  Index passes_ = 0;                                   // and how often it had it
  Index begin_ = 0;                                    // iterates before it were recorded before
  Index last_due_ = -1;                                // the last record that was due,
  std::vector<double> before_last_due_;                // and what was remembered before it
};

}  // namespace ipgd
