# The core as a static library, compiled for one instruction set.
file(GLOB_RECURSE ipgd_core_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/cpp/src/*.cpp")
set(ipgd_pass_sources ${ipgd_core_sources})
list(FILTER ipgd_pass_sources INCLUDE REGEX "/pass_[a-z0-9]+\\.cpp$")

function(ipgd_add_core target variant)
  ipgd_isa_flags(${variant} isa_flags)
  add_library(${target} STATIC ${ipgd_core_sources})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/cpp/include")
  target_compile_options(${target} PUBLIC ${isa_flags})
  target_link_libraries(${target} PUBLIC ipgd::eigen PRIVATE ipgd::flags)
  # Properties of a source file hold for targets of the current folder only, so they are set here.
  # The kernels: files of their own in a unity build, too, so that the cores share them.
  set_source_files_properties(${ipgd_pass_sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  # The normals are the same bits everywhere, so no multiply-add may be fused there.
  set_source_files_properties("${PROJECT_SOURCE_DIR}/cpp/src/base/normal.cpp"
                              PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
  # Compile time only; see the file.
  set_source_files_properties(
    "${PROJECT_SOURCE_DIR}/cpp/src/parameterizations/singular_values.cpp"
    PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O1>")
endfunction()
