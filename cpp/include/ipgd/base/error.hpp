// Typed errors of the core. The bindings translate them in exactly one place.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace ipgd {

/// A number as a message shows it, also when it is tiny.
inline std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}

/// A caller's mistake: names the argument, says what was expected and what was given.
class InvalidArgument : public std::invalid_argument {
 public:
  InvalidArgument(const std::string& argument, const std::string& expected,
                  const std::string& given)
      : std::invalid_argument(argument + ": expected " + expected + ", got " + given) {}
};

/// Raised out of a computation whose Interrupt asked it to stop; results are then undefined.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace ipgd
