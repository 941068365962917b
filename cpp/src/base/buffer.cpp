#include "ipgd/base/buffer.hpp"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ipgd {

void advise_huge_pages(void* data, std::size_t bytes) noexcept {
#if defined(__linux__)
  constexpr std::uintptr_t kHugePage = std::uintptr_t{1} << 21;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + kHugePage - 1) / kHugePage;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + bytes) / kHugePage;
  // Whole pages only; a refusal costs speed and nothing else.
  if (begin < end)
    madvise(reinterpret_cast<void*>(begin * kHugePage), (end - begin) * kHugePage, MADV_HUGEPAGE);
#else
  (void)data, (void)bytes;
#endif
}

}  // namespace ipgd
