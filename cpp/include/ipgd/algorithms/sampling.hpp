// Which measurements a step sees: one of the five parts of an algorithm.
#pragma once

#include <cstdint>

#include "ipgd/objective/objective.hpp"

namespace ipgd {

/// All of them by default.
struct Sampling {
  Index batch_size = 0;      // measurements of a mini-batch; 0: all
  bool replacement = false;  // each drawn on its own, or cut from a shuffled order of all
  std::uint64_t key = 0;     // with the iteration number it addresses the mini-batch
  double truncation = 0;     // leave out the measurements with <A_i, Theta> above it; 0: off

  bool stochastic() const noexcept { return batch_size > 0; }
  bool partial() const noexcept { return stochastic() || truncation > 0; }
  /// The number of steps in which every measurement is seen; the last mini-batch may be smaller.
  Index steps_per_epoch(Index m) const noexcept {
    return stochastic() ? (m + batch_size - 1) / batch_size : 1;
  }

  /// Passes over all measurements that t steps amount to.
  double epochs(Index t, Index m) const noexcept;

  void verify() const;
  /// Throws InvalidArgument when a mini-batch has more measurements than there are, `op` has no
  /// access to single ones, or a truncation is to be made where they do not all live here.
  void check(const Operator& op) const;
};

/// Makes the mini-batches of one run. Mini-batch t is a function of (key, t) and the m of the
/// problem alone.
class Sampler {
 public:
  Sampler(const Sampling& sampling, Index m);

  /// Of a stochastic sampling; valid until the next call.
  Sample mini_batch(Index t);
  /// The measurements with r_i + y_i <= truncation, divided by the number of all.
  Sample truncated(const double* r, const double* y);

 private:
  void shuffle(Index epoch);

  Sampling sampling_;
  Index m_, epoch_ = -1;
  Buffer<Index> rows_;  // a mini-batch, or the order of all
};

}  // namespace ipgd
