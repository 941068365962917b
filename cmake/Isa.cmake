# One whole-module copy per x86-64 level, picked at import; one "generic" copy elsewhere. Copies of
# the whole module, because Eigen's templates compiled for two levels must not meet in one library.
#
# IPGD_ISA_LEVELS says which, as a CMake option or as an environment variable (pip passes it on):
#   empty    the best level of the CPU that builds and the baseline; all where that is not known
#   all      every level: for wheels that go to other machines, and for continuous integration
#   v2,v4    these
set(isa_levels "${IPGD_ISA_LEVELS}")
if(isa_levels STREQUAL "")
  set(isa_levels "$ENV{IPGD_ISA_LEVELS}")
endif()
string(REPLACE "," ";" isa_levels "${isa_levels}")

set(all_levels generic)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(all_levels v2 v3 v4)
endif()

# IPGD_CPU_LEVELS: those that the CPU that builds can run; empty if that is not known.
set(IPGD_CPU_LEVELS "")
if("v2" IN_LIST all_levels AND NOT CMAKE_CROSSCOMPILING)
  try_run(cpu_levels_code cpu_levels_compiled "${CMAKE_BINARY_DIR}/cpu_levels"
          "${CMAKE_CURRENT_LIST_DIR}/cpu_levels.cpp" RUN_OUTPUT_VARIABLE cpu_levels)
  if(cpu_levels_compiled AND "${cpu_levels_code}" STREQUAL "0")
    set(IPGD_CPU_LEVELS ${cpu_levels})
    list(REMOVE_ITEM IPGD_CPU_LEVELS "")
  endif()
endif()

if(isa_levels STREQUAL "all" OR (isa_levels STREQUAL "" AND NOT IPGD_CPU_LEVELS))
  set(IPGD_VARIANTS ${all_levels})
elseif(isa_levels STREQUAL "")
  list(GET IPGD_CPU_LEVELS -1 best_level)
  set(IPGD_VARIANTS v2 ${best_level})
  list(REMOVE_DUPLICATES IPGD_VARIANTS)
else()
  set(IPGD_VARIANTS ${isa_levels})
  foreach(level IN LISTS IPGD_VARIANTS)
    if(NOT level MATCHES "^(v2|v3|v4|generic)$")
      message(FATAL_ERROR "IPGD_ISA_LEVELS: expected 'all' or a list of v2, v3, v4, generic, "
                          "got '${level}'")
    endif()
  endforeach()
endif()

function(ipgd_isa_flags variant out)
  if(variant STREQUAL "generic")
    set(${out} "" PARENT_SCOPE)
  elseif(variant STREQUAL "v4")
    set(${out} -march=x86-64-v4 -mprefer-vector-width=512 PARENT_SCOPE)
  else()
    set(${out} -march=x86-64-${variant} PARENT_SCOPE)
  endif()
endfunction()
