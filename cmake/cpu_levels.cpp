// Prints the x86-64 levels that this CPU runs, lowest first.
#include "../cpp/bindings/isa_levels.hpp"

#include <cstdio>

int main() {
  for (const char* level : {"v2", "v3", "v4"})
    if (ipgd::cpu_runs(level)) std::printf("%s;", level);
}
