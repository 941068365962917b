#include "ipgd/base/execution.hpp"

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define IPGD_HAS_FORK 1
#endif

namespace ipgd {
namespace {

std::atomic<bool> forked{false};

#ifdef IPGD_HAS_FORK
const int registered = pthread_atfork(nullptr, nullptr, [] { forked = true; });
#endif

}  // namespace

bool has_openmp() noexcept {
#ifdef _OPENMP
  return true;
#else
  return false;
#endif
}

int default_threads() noexcept {
#ifdef _OPENMP
  return std::min(omp_get_max_threads(), static_cast<int>(kMaxThreads));
#else
  return 1;
#endif
}

bool in_forked_child() noexcept { return forked; }

}  // namespace ipgd
