// Philox4x32-10: a counter-based generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers:
// as easy as 1, 2, 3", SC11). A seed is a value: word w of block b is a pure function of (key, b).
#pragma once

#include <array>
#include <cstdint>

namespace ipgd {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

namespace philox {
inline constexpr std::uint32_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
inline constexpr std::uint32_t kWeyl0 = 0x9E3779B9u,
                               kWeyl1 = 0xBB67AE85u;  // golden ratio, sqrt(3)-1
inline constexpr int kRounds = 10;
}  // namespace philox

/// One block: four 32-bit words.
constexpr PhiloxCounter philox4x32_10(PhiloxCounter c, PhiloxKey k) {
  for (int round = 0; round < philox::kRounds; ++round) {
    const std::uint64_t p0 = std::uint64_t{philox::kMultiplier0} * c[0];
    const std::uint64_t p1 = std::uint64_t{philox::kMultiplier1} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k = {k[0] + philox::kWeyl0, k[1] + philox::kWeyl1};
  }
  return c;
}

}  // namespace ipgd
