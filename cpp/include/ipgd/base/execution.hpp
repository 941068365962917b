// How a computation runs: threads and interruption. The only OpenMP in the package is here.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "ipgd/base/error.hpp"
#include "ipgd/base/floating_point.hpp"
#include "ipgd/base/types.hpp"

namespace ipgd {

/// Lets a host (a Python interpreter, a GUI) stop a computation. It is polled on the calling thread
/// only.
class Interrupt {
 public:
  virtual ~Interrupt() = default;
  virtual bool requested() noexcept = 0;
};

/// The most threads that are ever asked for.
inline constexpr Index kMaxThreads = 256;

struct Execution {
  int n_threads = 1;
  Interrupt* interrupt = nullptr;

  /// Throws Interrupted when the host asked to stop.
  void poll() const {
    if (interrupt != nullptr && interrupt->requested()) throw Interrupted();
  }
  /// The same threads, for work that is too short to be worth losing.
  Execution uninterrupted() const noexcept { return {n_threads, nullptr}; }
};

/// One interrupt for several threads. Only the thread that made this object asks the host; every
/// thread sees the answer.
class SharedInterrupt final : public Interrupt {
 public:
  /// `host` may be null.
  explicit SharedInterrupt(Interrupt* host) : host_(host), caller_(std::this_thread::get_id()) {}
  bool requested() noexcept override {
    if (!stop_ && host_ != nullptr && std::this_thread::get_id() == caller_ && host_->requested())
      stop_ = true;
    return stop_;
  }
  void stop() noexcept { stop_ = true; }

 private:
  Interrupt* host_;
  std::thread::id caller_;
  std::atomic<bool> stop_{false};
};

/// True when OpenMP is compiled in.
bool has_openmp() noexcept;
/// Threads used when the caller does not say: OMP_NUM_THREADS or the CPUs of this process.
int default_threads() noexcept;
/// True in a child forked from a process that loaded this library. The OpenMP pool does not
/// survive a fork, so the child computes serially: the same bits, no hang.
bool in_forked_child() noexcept;

/// Threads for a parallel region of `count` tasks: at most `n_threads`, and fewer where the system
/// refuses to create them (a memory limit, a limit on processes). OpenMP would end the process.
int team_size(int n_threads, Index count) noexcept;

/// Calls worker(is_calling_thread) on up to `n_threads` threads, which share `count` tasks and
/// compute in the caller's floating-point mode. No exception may leave the worker. This is the only
/// parallel region of the package.
template <class Worker>
void on_threads([[maybe_unused]] int n_threads, [[maybe_unused]] Index count,
                const Worker& worker) {
#ifdef _OPENMP
  const int n = team_size(n_threads, count);
  if (n > 1) {
    const FloatingPointMode callers;
#pragma omp parallel num_threads(n)
    {
      bool calling_thread = false;
#pragma omp master
      calling_thread = true;
      if (calling_thread) {
        worker(true);
      } else {
        const FloatingPointMode own;  // the pool may serve other libraries, too
        callers.apply();
        worker(false);
        own.apply();
      }
    }
    return;
  }
#endif
  worker(true);
}

/// Keeps the first exception that any thread hands in.
class FirstError {
 public:
  /// In a catch block.
  void keep() noexcept {
    if (!failed_.test_and_set()) error_ = std::current_exception();
  }
  /// When all threads are done.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic_flag failed_ = ATOMIC_FLAG_INIT;
  std::exception_ptr error_;
};

/// Calls body(0), ..., body(count - 1) on up to n_threads threads, in any order. The first
/// exception that a body throws ends the loop; it is thrown again after it, on the calling thread.
/// Throws Interrupted when the host asked to stop.
template <class Body>
void parallel_for(const Execution& execution, Index count, const Body& body) {
  std::atomic<Index> next{0};
  std::atomic<bool> stop{false};
  FirstError error;
  on_threads(execution.n_threads, count, [&](bool polls) {
    for (Index c = next++; c < count && !stop; c = next++) {
      if (polls && execution.interrupt != nullptr && execution.interrupt->requested())
        stop = true;
      else
        try {
          body(c);
        } catch (...) {
          error.keep();
          stop = true;
        }
    }
  });
  error.rethrow();
  if (stop) throw Interrupted();
}

/// Calls body(k, own) for the `count` runs of a batch. Threads share the runs, or the work of a
/// single run.
template <class Body>
void for_runs(const Execution& execution, Index count, const Body& body) {
  if (count == 1) {
    body(Index{0}, execution);
    return;
  }
  SharedInterrupt interrupt(execution.interrupt);
  parallel_for({execution.n_threads, &interrupt}, count,
               [&](Index k) { body(k, Execution{1, &interrupt}); });
}

/// Calls body(0), ..., body(count - 1) in this order on this thread. Each call works on `numbers`
/// numbers. Polls every 2^16 of them, some tens of microseconds, but not at the beginning.
template <class Body>
void for_in_turn(const Execution& execution, Index count, Index numbers, const Body& body) {
  const Index stretch = std::max<Index>(1, (Index{1} << 16) / std::max<Index>(1, numbers));
  for (Index begin = 0; begin < count; begin += stretch) {
    if (begin > 0) execution.poll();
    for (Index j = begin; j < std::min(begin + stretch, count); ++j) body(j);
  }
}

/// Calls body(0, own), ..., body(count - 1, own) for long tasks. Each runs on one thread and polls
/// own.interrupt itself. All of them are begun. Task 0 runs on the calling thread, which polls the
/// host when it has no task left. The first exception interrupts the other tasks and is thrown at
/// the end.
template <class Body>
void parallel_tasks(const Execution& execution, Index count, const Body& body) {
  SharedInterrupt interrupt(execution.interrupt);
  std::atomic<Index> next{1}, running{count};
  FirstError error;
  const auto perform = [&](Index c) {
    try {
      body(c, Execution{1, &interrupt});
    } catch (...) {
      error.keep();
      interrupt.stop();
    }
    --running;
  };
  on_threads(execution.n_threads, count, [&](bool calling_thread) {
    if (calling_thread && count > 0) perform(0);
    for (Index c = next++; c < count; c = next++) perform(c);
    while (calling_thread && running > 0) {
      interrupt.requested();
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });
  error.rethrow();
}

}  // namespace ipgd
