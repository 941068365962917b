#include "ipgd/base/parity.hpp"

#include <vector>

#include "ipgd/base/simd.hpp"

namespace ipgd {
namespace {

using Words = VectorType<std::uint64_t, kRegisterLanes<std::uint64_t>>;

std::uint64_t parity(const char* data, Index bytes) noexcept {
  constexpr Index kWays = 4;  // independent sums, so that reading is the only limit
  constexpr Index kStep = static_cast<Index>(sizeof(Words));
  Words sums[kWays] = {};
  const auto add = [&](Index at, Words& sum) {
    Words words;
    std::memcpy(&words, data + at, sizeof words);
    sum ^= words;
  };
  Index at = 0;
  for (; at + kWays * kStep <= bytes; at += kWays * kStep)
    for (Index way = 0; way < kWays; ++way) add(at + way * kStep, sums[way]);
  for (; at < bytes; at += kStep) add(at, sums[0]);
  std::uint64_t result = 0;
  for (const Words& words : sums)
    for (Index i = 0; i < kRegisterLanes<std::uint64_t>; ++i) result ^= words[i];
  return result;
}

}  // namespace

std::uint64_t parity(const Execution& execution, const void* data, Index bytes) {
  constexpr Index kPiece = Index{1} << 20;
  std::atomic<std::uint64_t> result{0};
  parallel_for(execution, (bytes + kPiece - 1) / kPiece, [&](Index c) noexcept {
    result ^=
        parity(static_cast<const char*>(data) + c * kPiece, std::min(kPiece, bytes - c * kPiece));
  });
  return result;
}

}  // namespace ipgd
