// Which of the built variants this CPU can run. Compiled for the lowest instruction set.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

namespace {

// The levels of the x86-64 psABI, by the features that compilers use.
bool runs([[maybe_unused]] const std::string& variant) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v2 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") &&
                  __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                  __builtin_cpu_supports("f16c") && __builtin_cpu_supports("lzcnt");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (variant == "v2") return v2;
  if (variant == "v3") return v3;
  if (variant == "v4") return v4;
#endif
  return variant == "generic";
}

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
    if (runs(name)) names.push_back(name);
  return names;
}

}  // namespace

PYBIND11_MODULE(_cpu_features, m, pybind11::mod_gil_not_used()) {
  m.doc() = "Instruction-set variants of the core: built, and usable on this CPU (slowest first).";
  m.def("built", &built);
  m.def("usable", &usable);
}
