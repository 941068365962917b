# One whole-module copy per x86-64 level, picked at import; one "generic" copy elsewhere. Copies of
# the whole module, because Eigen's templates compiled for two levels must not meet in one library.
if(IPGD_ISA_LEVELS)
  set(IPGD_VARIANTS ${IPGD_ISA_LEVELS})
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(IPGD_VARIANTS v2 v3 v4)
else()
  set(IPGD_VARIANTS generic)
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
