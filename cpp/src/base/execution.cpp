#include "ipgd/base/execution.hpp"

#include <mutex>
#include <vector>

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

#ifdef _OPENMP

// OpenMP keeps this many threads for the regions of this thread, itself included.
thread_local int team = 1;

// How many of `count` threads can exist at the same time, up to the first that cannot be created.
int creatable(int count) noexcept {
  std::mutex gate;
  std::vector<std::thread> threads;
  try {
    const std::lock_guard<std::mutex> closed(gate);
    threads.reserve(static_cast<std::size_t>(count));
    while (static_cast<int>(threads.size()) < count)
      threads.emplace_back([&gate] { const std::lock_guard<std::mutex> wait(gate); });
  } catch (const std::exception&) {  // no thread, or no memory to describe one
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<int>(threads.size());
}

#endif

}  // namespace

int team_size([[maybe_unused]] int n_threads, [[maybe_unused]] Index count) noexcept {
#ifdef _OPENMP
  const int most = std::min(n_threads, static_cast<int>(kMaxThreads));
  int n = static_cast<int>(std::min<Index>(most, count));
  if (n <= 1 || in_forked_child() || omp_in_parallel()) return 1;
  if (n <= team) {
    // OpenMP ends the threads that a smaller team does not use. Giving them no task is cheaper than
    // creating them again.
    n = std::min(most, team);
  } else {
    // Tries one thread more than needed, so that the memory of a stack is left for what OpenMP
    // itself allocates.
    n = std::min(n, team + std::max(0, creatable(n - team + 1) - 1));
  }
  return team = n;
#else
  return 1;
#endif
}

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
