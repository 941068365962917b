#include "ipgd/base/chunks.hpp"

namespace ipgd {

Chunks row_chunks(Index rows, Index entries) noexcept {
  constexpr Index kMinRows = 128, kMinEntries = Index{1} << 16, kMaxCount = 64;
  constexpr Index kFewRows = 16, kLongEntries = Index{1} << 22, kFewCount = 8;
  const Index work = rows * entries;  // fits: it was checked when the rows were stored
  const Index many = std::min({rows / kMinRows, work / kMinEntries, kMaxCount});
  const Index few = std::min({rows / kFewRows, work / kLongEntries, kFewCount});
  Index count = 1;
  while (2 * count <= std::max(many, few)) count *= 2;
  return {rows, count};
}

template <class Sum>
void tree_sum(const Execution& execution, Sum* parts, Index count, Index stride, Index n) {
  if (count == 1) return;
  // Threads share the columns; each column's tree is the same whoever adds it up.
  constexpr Index kSegment = 1024;
  parallel_for(execution, (n + kSegment - 1) / kSegment, [=](Index segment) noexcept {
    const Index begin = segment * kSegment, end = std::min(n, begin + kSegment);
    for (Index width = 1; width < count; width *= 2)
      for (Index c = 0; c + width < count; c += 2 * width) {
        Sum* to = parts + c * stride;
        const Sum* from = parts + (c + width) * stride;
        for (Index j = begin; j < end; ++j) to[j] += from[j];
      }
  });
}

template void tree_sum(const Execution&, double*, Index, Index, Index);
template void tree_sum(const Execution&, float*, Index, Index, Index);

}  // namespace ipgd
