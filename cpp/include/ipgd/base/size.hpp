// Sizes are multiplied with an overflow check before anything is allocated.
#pragma once

#include <initializer_list>

#include "ipgd/base/types.hpp"

namespace ipgd {

/// Product of non-negative sizes; throws std::length_error when it exceeds the address space.
Index checked_product(std::initializer_list<Index> factors);

/// Smallest multiple of `unit` that is >= n.
constexpr Index round_up(Index n, Index unit) { return (n + unit - 1) / unit * unit; }

}  // namespace ipgd
