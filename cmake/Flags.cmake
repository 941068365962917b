# Flags that every target of ours is compiled with.
add_library(ipgd_flags INTERFACE)
add_library(ipgd::flags ALIAS ipgd_flags)

# Floating point. Only these two relaxations, and both keep every result: we read neither errno nor
# the exception flags. Never -ffast-math: it reorders sums, and its start-up code changes how the
# whole process treats denormals.
target_compile_options(ipgd_flags INTERFACE -fno-math-errno -fno-trapping-math)

# The eight-lane type of base/simd.hpp is never passed across a library border.
target_compile_options(ipgd_flags INTERFACE -Wno-psabi)
target_compile_options(ipgd_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wpedantic)
# GCC 12 warns of its own AVX-512 intrinsics when they are inlined from Eigen (GCC bug 105593).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ipgd_flags INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized)
endif()
if(IPGD_WERROR)
  target_compile_options(ipgd_flags INTERFACE -Werror)
endif()

if(IPGD_OPENMP)
  find_package(OpenMP COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(ipgd_flags INTERFACE OpenMP::OpenMP_CXX)
  else()
    message(NOTICE "OpenMP was not found: building for one thread (same results)")
  endif()
endif()

if(IPGD_SANITIZE)
  target_compile_options(ipgd_flags INTERFACE -fsanitize=${IPGD_SANITIZE} -fno-omit-frame-pointer
                                              -fno-sanitize-recover=all)
  target_link_options(ipgd_flags INTERFACE -fsanitize=${IPGD_SANITIZE})
endif()
