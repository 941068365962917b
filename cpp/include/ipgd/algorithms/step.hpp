// How far to go: one of the five parts of an algorithm.
#pragma once

namespace ipgd {

struct Step {
  double size = 0;  // eta

  /// Throws InvalidArgument unless eta is finite and positive.
  void verify() const;
};

}  // namespace ipgd
