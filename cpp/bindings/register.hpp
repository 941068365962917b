// What module.cpp calls.
#pragma once

#include <pybind11/pybind11.h>

namespace ipgd::bindings {

void register_base(pybind11::module_& m);
void register_operators(pybind11::module_& m);
void register_factored(pybind11::module_& m);
void register_parameterizations(pybind11::module_& m);
void register_objective(pybind11::module_& m);
void register_algorithms(pybind11::module_& m);
void register_descent(pybind11::module_& m);
void register_timing(pybind11::module_& m);

}  // namespace ipgd::bindings
