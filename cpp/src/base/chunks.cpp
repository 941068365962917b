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

}  // namespace ipgd
