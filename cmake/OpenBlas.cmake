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
elseif(LEAN_OPENBLAS_SHARED AND NOT LEAN_BLAS STREQUAL "STATIC")
  message(STATUS "OpenBLAS: ${LEAN_OPENBLAS_SHARED} (shared: a build for this machine only)")
  target_link_libraries(lean_blas INTERFACE ${LEAN_OPENBLAS_SHARED})
else()
  message(FATAL_ERROR "OpenBLAS was not found (LEAN_BLAS=${LEAN_BLAS}). "
    "Debian and Ubuntu: apt-get install libopenblas-serial-dev; "
    "Fedora: dnf install openblas-devel openblas-static; macOS: brew install openblas.")
endif()
