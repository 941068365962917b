// Standard normals addressed by (key, i, j): independent of threads, blocking and instruction set.
#pragma once

#include <cstdint>

#include "ipgd/base/types.hpp"

namespace ipgd {

/// out[n] = z(key, i, j_begin + n), n < count, where z is N(0, 1) on the float32 grid.
///
/// Box-Muller in float32 on Philox4x32-10: entry j is lane j % 4 of the block with counter
/// (j / 4, i). Only IEEE add, multiply and square root are used and contraction is off in this
/// file, so the value is the same on every CPU and at every ISA level. |z| < 6.8.
void fill_normal(std::uint64_t key, std::uint64_t i, std::uint64_t j_begin, Index count,
                 float* out);

/// A uniform number in (0, 1) with 53 bits, from a stream disjoint from fill_normal's.
double uniform01(std::uint64_t key, std::uint64_t i);

}  // namespace ipgd
