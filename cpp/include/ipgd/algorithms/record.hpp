// The quantities that a run can record about itself, by name.
#pragma once

#include <string>
#include <vector>

#include "ipgd/objective/objective.hpp"

namespace ipgd {

/// An iterate as the recorder sees it.
struct Snapshot {
  Index iteration;
  const double* theta;
  const Objective& objective;
  const Objective::Point& point;
  bool perturbed;      // since the last record
  const Truth* truth;  // may be null
  double epochs = 0;   // passes over all measurements that the steps so far amount to
};

/// One recorded quantity: `width` numbers an entry.
struct Column {
  std::string name;
  Index width;
  std::vector<double> data;
};

/// Names that a Recorder understands, whatever the model; it may have one of its own.
std::vector<std::string> recordable_quantities();
/// Those among them that need the truth.
std::vector<std::string> quantities_of_truth();

class Recorder {
 public:
  /// `basis_size` is the number of the truth's basis functions. Records `names` every `every`
  /// iterations. Throws InvalidArgument for an unknown name, one that needs a truth when there is
  /// none, or every < 1.
  Recorder(const std::vector<std::string>& names, Index every, Index n_singular_values,
           const Parameterization& model, bool has_truth, Index basis_size = 0);

  Index every() const noexcept { return every_; }
  /// Makes room for a run of up to max_iter steps, as far as that is a reasonable amount.
  void reserve(Index max_iter);
  void record(const Snapshot& snapshot);
  bool has(Index iteration) const noexcept {
    return !iterations_.empty() && iterations_.back() == iteration;
  }
  const std::vector<Index>& iterations() const noexcept { return iterations_; }
  const std::vector<Column>& columns() const noexcept { return columns_; }

 private:
  Index every_;
  std::vector<Index> iterations_;
  std::vector<Column> columns_;
};

}  // namespace ipgd
