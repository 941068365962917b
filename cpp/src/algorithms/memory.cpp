#include "ipgd/algorithms/memory.hpp"

#include <algorithm>

#include "ipgd/base/error.hpp"

namespace ipgd {

std::vector<double> copied(const std::vector<Span>& spans) {
  std::vector<double> numbers;
  for (const Span& span : spans) numbers.insert(numbers.end(), span.data, span.data + span.size);
  return numbers;
}

void restore(const std::vector<double>& numbers, const std::vector<Span>& spans,
             const std::string& field) {
  std::size_t expected = 0;
  for (const Span& span : spans) expected += static_cast<std::size_t>(span.size);
  if (numbers.size() != expected)
    throw InvalidArgument(field, std::to_string(expected) + " numbers",
                          std::to_string(numbers.size()));
  auto next = numbers.begin();
  for (const Span& span : spans) {
    std::copy_n(next, span.size, span.data);
    next += span.size;
  }
}

}  // namespace ipgd
