#include "ipgd/operators/residual.hpp"

#include <vector>

#include "ipgd/base/sums.hpp"

namespace ipgd {

Totals local_totals(const Residual& residual, Index count, const Index* indices,
                    const Execution& execution) {
  Totals totals{norm(residual.r, count), 0};
  if (residual.function == nullptr) return totals;
  constexpr Index kChunk = 4096;  // 20 to 100 microseconds of a function with an exponential
  const Index chunks = (count + kChunk - 1) / kChunk;
  std::vector<double> sums(to_size(chunks));
  parallel_for(execution.uninterrupted(), chunks, [&](Index c) {
    double sum = 0;
    for (Index j = c * kChunk; j < std::min((c + 1) * kChunk, count); ++j) {
      const Index i = indices == nullptr ? j : indices[j];
      sum += residual.function->value(residual.r[j], residual.data[i]);
    }
    sums[to_size(c)] = sum;
  });
  for (const double sum : sums) totals.value += sum;
  return totals;
}

}  // namespace ipgd
