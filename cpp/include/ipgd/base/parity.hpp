// Reading memory and doing next to nothing with it.
#pragma once

#include <cstdint>

#include "ipgd/base/execution.hpp"

namespace ipgd {

/// Exclusive or of the 64-bit words of `bytes` bytes (a multiple of 64), read once by all threads.
std::uint64_t parity(const Execution& execution, const void* data, Index bytes);

}  // namespace ipgd
