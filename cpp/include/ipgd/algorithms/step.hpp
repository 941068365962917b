// How far to go: the second of an algorithm's four parts.
#pragma once

namespace ipgd {

struct Step {
  double size = 0;  // eta

  /// Throws InvalidArgument unless eta is finite and positive.
  void verify() const;
};

}  // namespace ipgd
