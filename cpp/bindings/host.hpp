// The Python interpreter as the core's host: how a run is interrupted and which threads it gets.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <exception>
#include <optional>

#include "ipgd/base/execution.hpp"

namespace ipgd::bindings {

namespace py = pybind11;

/// Lets pending signals run every 10 ms. Keeps what a handler raised (KeyboardInterrupt, usually)
/// until `rethrow`, because nothing may be thrown through the core's parallel regions.
///
/// Signals run in the main thread only; a run in another thread never takes the GIL for them (and
/// so cannot meet an interpreter that is shutting down).
class SignalInterrupt final : public Interrupt {
 public:
  /// Needs the GIL.
  SignalInterrupt() {
    const py::module_ threading = py::module_::import("threading");
    // By number: current_thread() would enter a thread of the host's into Python's list for good.
    main_thread_ =
        threading.attr("get_ident")().equal(threading.attr("main_thread")().attr("ident"));
  }

  bool requested() noexcept override {
    if (!main_thread_) return false;
    const auto now = std::chrono::steady_clock::now();
    if (raised_) return true;
    if (now - last_ < std::chrono::milliseconds(10)) return false;
    last_ = now;
    const py::gil_scoped_acquire gil;
    return raises();
  }

  /// True if a KeyboardInterrupt was raised, which is thereby taken, also one since the last poll
  /// or a second one: it must not cost the result. Rethrows anything else. Needs the GIL.
  bool absorb_keyboard_interrupt() {
    if (main_thread_) raises();
    if (!raised_) return false;
    try {
      std::rethrow_exception(std::exchange(raised_, nullptr));
    } catch (const py::error_already_set& error) {
      if (!error.matches(PyExc_KeyboardInterrupt)) throw;
    }
    return true;
  }
  void rethrow() const {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  // Runs what signals are pending; keeps the first exception. Needs the GIL.
  bool raises() noexcept {
    if (PyErr_CheckSignals() == 0) return false;
    try {
      throw py::error_already_set();
    } catch (...) {
      if (!raised_) raised_ = std::current_exception();
    }
    return true;
  }

  bool main_thread_;
  std::chrono::steady_clock::time_point last_{};
  std::exception_ptr raised_;
};

inline int thread_count(const std::optional<int>& n_threads) {
  return n_threads.value_or(default_threads());
}

/// Runs `work(execution)` without the GIL; a signal handler's exception comes out as it is.
template <class Work>
auto compute(const std::optional<int>& n_threads, const Work& work) {
  SignalInterrupt interrupt;
  const Execution execution{thread_count(n_threads), &interrupt};
  try {
    const py::gil_scoped_release release;
    return work(execution);
  } catch (const Interrupted&) {
    interrupt.rethrow();
    throw;
  }
}

}  // namespace ipgd::bindings
