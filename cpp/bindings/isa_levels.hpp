// Which instruction-set variants this CPU can run. Compiled for the lowest of them; the build asks
// it, too (cmake/Isa.cmake).
#pragma once

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <string>

namespace ipgd {

#if defined(__x86_64__)
/// Bit `bit` of ECX of CPUID `leaf`: for the features that __builtin_cpu_supports of older clangs
/// does not know.
inline bool cpu_has(unsigned leaf, int bit) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(leaf, &eax, &ebx, &ecx, &edx) != 0 && ((ecx >> bit) & 1U) != 0;
}
#endif

/// The levels of the x86-64 psABI, by the features that compilers use.
inline bool cpu_runs(const std::string& variant) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v2 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") &&
                  __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                  cpu_has(1, 29) /* f16c */ && cpu_has(0x80000001, 5) /* lzcnt */;
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (variant == "v2") return v2;
  if (variant == "v3") return v3;
  if (variant == "v4") return v4;
#endif
  return variant == "generic";
}

}  // namespace ipgd
