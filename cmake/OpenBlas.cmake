# lean_blas: OpenBLAS with LAPACK, called by its Fortran names from csrc/cpu only.
#
# The serial build is wanted: the thread pool is ours, each of its threads calls BLAS for itself, and
# the threaded build would start threads of its own when the addon is loaded and give other bits for
# other numbers of them. What a serial build lacks to be called from several threads is a lock around
# its table of buffers, and csrc/cpu/backend/blas-locks.cpp puts one there.

if(APPLE)
  list(APPEND CMAKE_PREFIX_PATH /opt/homebrew/opt/openblas /usr/local/opt/openblas)
endif()
# Debian keeps its builds apart in folders; elsewhere there is one, in the usual place.
find_library(LEAN_OPENBLAS_STATIC NAMES libopenblas.a PATH_SUFFIXES openblas-serial)
find_library(LEAN_OPENBLAS_SHARED NAMES openblas PATH_SUFFIXES openblas-serial openblas-pthread)
if(APPLE OR LEAN_BLAS STREQUAL "SHARED")
  set(static "")
else()
  set(static ${LEAN_OPENBLAS_STATIC})
endif()

add_library(lean_blas INTERFACE)
if(static)
  message(STATUS "OpenBLAS: ${static} (static)")
  target_link_libraries(lean_blas INTERFACE ${static})
  target_link_options(lean_blas INTERFACE
    -Wl,--wrap=blas_memory_alloc -Wl,--wrap=blas_memory_free)
  target_sources(lean_blas INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/cmake/fortran-shim.cpp)
  if(LEAN_BLAS STREQUAL "STATIC")
    # What is shipped has kernels for one processor of each generation of vector instructions (SSE3,
    # SSE4.2, AVX, AVX2, AVX-512), and others take those of the newest that is not newer than they
    # are, as from an OpenBLAS that was built for these alone (DYNAMIC_LIST). A symbol that is said
    # to be another does not bring in its own object file, nor what that refers to: 18 MB less.
    execute_process(COMMAND ${CMAKE_NM} --defined-only ${static}
      OUTPUT_VARIABLE symbols ERROR_QUIET)
    foreach(pair
        CORE2=PRESCOTT PENRYN=PRESCOTT DUNNINGTON=PRESCOTT NANO=PRESCOTT OPTERON=PRESCOTT
        OPTERON_SSE3=PRESCOTT BARCELONA=PRESCOTT BOBCAT=PRESCOTT ATOM=PRESCOTT
        BULLDOZER=SANDYBRIDGE PILEDRIVER=SANDYBRIDGE STEAMROLLER=SANDYBRIDGE
        EXCAVATOR=SANDYBRIDGE ZEN=HASWELL COOPERLAKE=SKYLAKEX SAPPHIRERAPIDS=SKYLAKEX)
      string(REGEX MATCH "^(.+)=(.+)$" ignored ${pair})
      set(other ${CMAKE_MATCH_1})
      set(own ${CMAKE_MATCH_2})
      if(symbols MATCHES " gotoblas_${other}\n" AND symbols MATCHES " gotoblas_${own}\n")
        target_link_options(lean_blas INTERFACE
          -Wl,--defsym=gotoblas_${other}=gotoblas_${own})
      endif()
    endforeach()
  endif()
elseif(LEAN_OPENBLAS_SHARED AND NOT LEAN_BLAS STREQUAL "STATIC")
  message(STATUS "OpenBLAS: ${LEAN_OPENBLAS_SHARED} (shared: a build for this machine only)")
  target_link_libraries(lean_blas INTERFACE ${LEAN_OPENBLAS_SHARED})
else()
  message(FATAL_ERROR "OpenBLAS was not found (LEAN_BLAS=${LEAN_BLAS}). "
    "Debian and Ubuntu: apt-get install libopenblas-serial-dev; "
    "Fedora: dnf install openblas-devel openblas-static; macOS: brew install openblas.")
endif()
