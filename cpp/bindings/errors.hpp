// The one place where errors of the core become Python exceptions.
#pragma once

#include <pybind11/pybind11.h>

#include <stdexcept>

#include "ipgd/base/error.hpp"

namespace ipgd::bindings {

namespace py = pybind11;

// std::bad_alloc -> MemoryError and std::invalid_argument -> ValueError are pybind11's own rules.
inline void register_errors(py::module_&) {
  py::register_local_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const InvalidArgument& error) {
      py::set_error(PyExc_ValueError, error.what());
    } catch (const Interrupted&) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
    } catch (const std::length_error& error) {
      py::set_error(PyExc_MemoryError, error.what());
    }
  });
}

}  // namespace ipgd::bindings
