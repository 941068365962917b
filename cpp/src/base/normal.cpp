// Compiled with -ffp-contract=off: see normal.hpp.
#include "ipgd/base/normal.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ipgd/base/philox.hpp"

namespace ipgd {
namespace {

constexpr int kTile = 64;  // blocks computed together, so that loops vectorise

// The top bit of the block number marks the stream of uniform01.
constexpr std::uint64_t kUniformStream = std::uint64_t{1} << 63;

PhiloxKey split(std::uint64_t key) {
  return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

PhiloxCounter counter(std::uint64_t block, std::uint64_t i) {
  return {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
          static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32)};
}

// (w + 1/2) / 2^32 in (0, 1]
inline float unit_interval(std::uint32_t w) { return static_cast<float>(w) * 0x1p-32f + 0x1p-33f; }

// log x for normal x > 0: x = 2^e m, m in [sqrt(1/2), sqrt 2). Polynomial: Cephes logf, 1 ulp.
inline float log_float(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::int32_t e = static_cast<std::int32_t>(bits - 0x3F3504F3u) >> 23;
  const std::uint32_t mantissa = bits - (static_cast<std::uint32_t>(e) << 23);
  float m;
  std::memcpy(&m, &mantissa, sizeof m);
  const float f = m - 1.0f, z = f * f, k = static_cast<float>(e);
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float tail = p * f * z + k * -2.12194440e-4f - 0.5f * z;  // log 2 in two parts
  return (f + tail) + k * 0.693359375f;
}

// cos and sin of 2 pi w / 2^32: quadrant from the top bits, Cephes sinf/cosf on [-pi/4, pi/4].
inline void turn(std::uint32_t w, float& c, float& s) {
  const std::uint32_t quadrant = (w + 0x20000000u) >> 30;
  const auto rest = static_cast<std::int32_t>(w - (quadrant << 30));
  const float x = static_cast<float>(rest) * (6.2831853071795865f * 0x1p-32f), z = x * x;
  const float sine =
      ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
  const float cosine =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  const bool swap = (quadrant & 1u) != 0;
  const float a = swap ? sine : cosine, b = swap ? cosine : sine;
  c = (quadrant == 1u || quadrant == 2u) ? -a : a;
  s = (quadrant & 2u) != 0 ? -b : b;
}

// z0 = sqrt(-2 log u) cos(2 pi v), z1 = sqrt(-2 log u) sin(2 pi v)
inline void box_muller(std::uint32_t u, std::uint32_t v, float& z0, float& z1) {
  // u may round to 1, where -2 log u is -0: the maximum makes it +0.
  const float radius = std::sqrt(std::max(0.0f, -2.0f * log_float(unit_interval(u))));
  float c, s;
  turn(v, c, s);
  z0 = radius * c;
  z1 = radius * s;
}

// Normals of blocks [first, first + kTile) of row i, four a block.
void fill_tile(PhiloxKey key, std::uint64_t i, std::uint64_t first, float* out) {
  std::uint32_t words[4][kTile];
  for (int b = 0; b < kTile; ++b) {
    const PhiloxCounter w = philox4x32_10(counter(first + static_cast<std::uint64_t>(b), i), key);
    for (int lane = 0; lane < 4; ++lane) words[lane][b] = w[static_cast<std::size_t>(lane)];
  }
  float z[4][kTile];
  for (int b = 0; b < kTile; ++b) box_muller(words[0][b], words[1][b], z[0][b], z[1][b]);
  for (int b = 0; b < kTile; ++b) box_muller(words[2][b], words[3][b], z[2][b], z[3][b]);
  for (int b = 0; b < kTile; ++b)
    for (int lane = 0; lane < 4; ++lane) out[4 * b + lane] = z[lane][b];
}

}  // namespace

void fill_normal(std::uint64_t key, std::uint64_t i, std::uint64_t j_begin, Index count,
                 float* out) {
  const PhiloxKey words = split(key);
  float tile[4 * kTile];
  std::uint64_t block = j_begin / 4;
  auto offset = static_cast<Index>(j_begin % 4);
  while (count > 0) {
    fill_tile(words, i, block, tile);
    const Index n = std::min<Index>(count, 4 * kTile - offset);
    std::copy_n(tile + offset, n, out);
    out += n;
    count -= n;
    block += kTile;
    offset = 0;
  }
}

double uniform01(std::uint64_t key, std::uint64_t i) {
  const PhiloxCounter w = philox4x32_10(counter(kUniformStream, i), split(key));
  const std::uint64_t bits = (std::uint64_t{w[0]} << 32 | w[1]) >> 11;
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

}  // namespace ipgd
