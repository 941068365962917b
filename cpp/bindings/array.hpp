// All admission of arrays: the only place where numpy memory becomes a pointer of the core.
//
// An input must be a C-contiguous, aligned float64 array of the stated shape; anything else is a
// TypeError or ValueError here. The Python layer converts beforehand, so a user never sees these.
// Outputs are always fresh arrays. Nothing is copied silently.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

#include "ipgd/base/types.hpp"

namespace ipgd::bindings {

namespace py = pybind11;

// Without forcecast: a wrong dtype or order does not convert but fails the overload.
using InputArray = py::array_t<double, py::array::c_style>;

inline std::string shape_text(const std::vector<Index>& shape) {
  std::string text;
  for (const Index n : shape)
    text += (text.empty() ? "(" : ", ") + (n < 0 ? "any" : std::to_string(n));
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// Read-only pointer to an array of the given shape; -1 accepts any extent.
inline const double* read(const InputArray& array, const char* name,
                          const std::vector<Index>& shape) {
  bool same = array.ndim() == static_cast<Index>(shape.size());
  for (std::size_t i = 0; same && i < shape.size(); ++i)
    same = shape[i] < 0 || array.shape(static_cast<Index>(i)) == shape[i];
  if ((array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) == 0)
    throw py::value_error(std::string(name) + ": expected an aligned array");
  if (!same) {
    const std::vector<Index> given(array.shape(), array.shape() + array.ndim());
    throw py::value_error(std::string(name) + ": expected shape " + shape_text(shape) + ", got " +
                          shape_text(given));
  }
  return array.data();
}

/// The same for a matrix of any size.
inline ConstMatrixMap matrix(const InputArray& array, const char* name) {
  return {read(array, name, {-1, -1}), array.shape(0), array.shape(1)};
}

inline py::array_t<double> new_array(const std::vector<Index>& shape) {
  return py::array_t<double>(shape);
}

/// Read-only numpy view of memory kept alive by `owner`.
inline py::array view(const double* data, const std::vector<Index>& shape, py::handle owner) {
  py::array_t<double> array(shape, data, owner);
  py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

}  // namespace ipgd::bindings
