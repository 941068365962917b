// What parts of a run remember from one iteration to the next, as numbers for a file.
#pragma once

#include <string>
#include <vector>

#include "ipgd/base/types.hpp"

namespace ipgd {

/// Numbers that somebody else owns.
struct Span {
  double* data;
  Index size;
};

/// All numbers of the spans, one after the other.
std::vector<double> copied(const std::vector<Span>& spans);
/// Puts them back. Throws InvalidArgument naming `field` when their number is another.
void restore(const std::vector<double>& numbers, const std::vector<Span>& spans,
             const std::string& field);

}  // namespace ipgd
