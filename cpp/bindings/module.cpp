// Compiled once per instruction set; the Python package imports the best one (ipgd/_core).
#include "errors.hpp"
#include "register.hpp"

PYBIND11_MODULE(IPGD_MODULE, m, pybind11::mod_gil_not_used()) {
  using namespace ipgd::bindings;
  m.doc() = "The compiled core of ipgd (" IPGD_ISA ").";
  register_errors(m);
  register_base(m);
  register_operators(m);
  register_factored(m);
  register_parameterizations(m);
  register_objective(m);
  register_algorithms(m);
  register_descent(m);
  register_timing(m);
}
