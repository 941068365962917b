#include "ipgd/algorithms/sampling.hpp"

#include <numeric>

#include "ipgd/algorithms/require.hpp"
#include "ipgd/base/philox.hpp"

namespace ipgd {
namespace {

// Number n of stream t below `bound`: floor(u bound) with u in [0, 1) of 53 bits.
Index below(Index bound, std::uint64_t key, Index t, Index n) {
  const auto low = [](auto v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](auto v) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(v) >> 32);
  };
  const PhiloxCounter words =
      philox4x32_10({low(n), high(n), low(t), high(t)}, {low(key), high(key)});
  const std::uint64_t bits = (std::uint64_t{words[0]} << 32 | words[1]) >> 11;
  return std::min(
      static_cast<Index>(static_cast<double>(bits) * 0x1p-53 * static_cast<double>(bound)),
      bound - 1);
}

}  // namespace

double Sampling::epochs(Index t, Index m) const noexcept {
  if (!stochastic()) return static_cast<double>(t);
  const double all = static_cast<double>(m);
  if (replacement) return static_cast<double>(t) * static_cast<double>(batch_size) / all;
  const Index steps = steps_per_epoch(m);  // the last one sees what is left
  return static_cast<double>(t / steps) + static_cast<double>(t % steps * batch_size) / all;
}

void Sampling::verify() const {
  require(batch_size >= 0, "batch_size", "a number of measurements >= 0",
          static_cast<double>(batch_size));
  require(truncation >= 0, "truncation", "a number >= 0", truncation);
  if (stochastic() && truncation > 0)
    throw InvalidArgument("truncation", "0 for mini-batches", text(truncation));
}

void Sampling::check(const Operator& op) const {
  if (!partial()) return;
  const Index m = op.total_measurements();
  if (batch_size > m)
    throw InvalidArgument("batch_size",
                          "at most as many measurements as there are (" + std::to_string(m) + ")",
                          std::to_string(batch_size));
  if (!op.capabilities().rows)
    throw InvalidArgument("algorithm",
                          "one that uses all measurements in every step, for this operator has no "
                          "access to single ones",
                          stochastic() ? "mini-batches" : "a truncated gradient");
  if (truncation > 0 && op.measurements() < m)
    throw InvalidArgument("algorithm",
                          "one without truncation, which has to see every <A_i, Theta>",
                          "an operator whose measurements live elsewhere, too");
}

Sampler::Sampler(const Sampling& sampling, Index m)
    : sampling_(sampling),
      m_(m),
      rows_(!sampling.partial()                             ? 0
            : sampling.stochastic() && sampling.replacement ? sampling.batch_size
                                                            : m) {}

Sample Sampler::mini_batch(Index t) {
  const Index size = sampling_.batch_size;
  if (sampling_.replacement) {
    for (Index j = 0; j < size; ++j) rows_.data()[j] = below(m_, sampling_.key, t, j);
    return {{rows_.data(), size}, size};
  }
  const Index steps = sampling_.steps_per_epoch(m_), begin = t % steps * size;
  const Index count = std::min(size, m_ - begin);
  if (t / steps != epoch_) shuffle(t / steps);
  return {{rows_.data() + begin, count}, count};
}

// Fisher and Yates
void Sampler::shuffle(Index epoch) {
  Index* const order = rows_.data();
  std::iota(order, order + m_, Index{0});
  for (Index j = m_ - 1; j > 0; --j)
    std::swap(order[j], order[below(j + 1, sampling_.key, epoch, j)]);
  epoch_ = epoch;
}

Sample Sampler::truncated(const double* r, const double* y) {
  Index count = 0;
  for (Index i = 0; i < m_; ++i)
    if (r[i] + y[i] <= sampling_.truncation) rows_.data()[count++] = i;
  return {{rows_.data(), count}, m_};
}

}  // namespace ipgd
