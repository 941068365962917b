# Eigen's headers: the PyPI package cmeel-eigen when this Python has it, else the system's.
find_package(Python REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${Python_EXECUTABLE}" -c
          "import os, sys; print(';'.join(p + '/cmeel.prefix' for p in sys.path if os.path.isdir(p + '/cmeel.prefix')))"
  OUTPUT_VARIABLE cmeel_prefix OUTPUT_STRIP_TRAILING_WHITESPACE)
# No version here: Eigen 5 rejects a request for "3.4"; base/types.hpp checks it.
find_package(Eigen3 CONFIG QUIET HINTS ${cmeel_prefix})
if(NOT Eigen3_FOUND)
  message(FATAL_ERROR "Eigen was not found: 'pip install cmeel-eigen' or install libeigen3-dev")
endif()
add_library(ipgd_eigen INTERFACE)
add_library(ipgd::eigen ALIAS ipgd_eigen)
target_link_libraries(ipgd_eigen INTERFACE Eigen3::Eigen)
# Threads are ours (base/execution.hpp); Eigen's would change the bits with their number.
target_compile_definitions(ipgd_eigen INTERFACE EIGEN_DONT_PARALLELIZE EIGEN_MPL2_ONLY)
