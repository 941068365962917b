// Which of the built variants this CPU can run. Compiled for the lowest instruction set.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "isa_levels.hpp"

namespace {

std::vector<std::string> built() {
  std::vector<std::string> names;
  std::string name;
  for (const char c : std::string(IPGD_VARIANTS) + ",") {
    if (c != ',') {
      name += c;
    } else {
      names.push_back(name);
      name.clear();
    }
  }
  return names;
}

std::vector<std::string> usable() {
  std::vector<std::string> names;
  for (const std::string& name : built())
    if (ipgd::cpu_runs(name)) names.push_back(name);
  return names;
}

}  // namespace

PYBIND11_MODULE(_cpu_features, m, pybind11::mod_gil_not_used()) {
  m.doc() = "Instruction-set variants of the core: built, and usable on this CPU (slowest first).";
  m.def("built", &built);
  m.def("usable", &usable);
}
