# lean_blas: OpenBLAS with LAPACK, called by its Fortran names from csrc/cpu only.
#
# The serial build with locks is wanted: the thread pool is ours, each of its threads calls BLAS for
# itself, and the threaded build would start threads of its own when the addon is loaded and give
# other bits for other numbers of them.

if(APPLE)
  list(APPEND CMAKE_PREFIX_PATH /opt/homebrew/opt/openblas /usr/local/opt/openblas)
endif()
# Debian keeps its builds apart in folders; elsewhere there is one, in the usual place.
if(NOT LEAN_BLAS STREQUAL "SHARED")
  find_library(LEAN_OPENBLAS_STATIC NAMES libopenblas.a PATH_SUFFIXES openblas-serial)
endif()
if(NOT LEAN_BLAS STREQUAL "STATIC")
  find_library(LEAN_OPENBLAS_SHARED NAMES openblas PATH_SUFFIXES openblas-serial openblas-pthread)
endif()

add_library(lean_blas INTERFACE)
if(LEAN_OPENBLAS_STATIC)
  message(STATUS "OpenBLAS: ${LEAN_OPENBLAS_STATIC} (static)")
  target_link_libraries(lean_blas INTERFACE ${LEAN_OPENBLAS_STATIC})
  target_sources(lean_blas INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/cmake/fortran-shim.cpp)
elseif(LEAN_OPENBLAS_SHARED)
  message(STATUS "OpenBLAS: ${LEAN_OPENBLAS_SHARED} (shared: a build for this machine only)")
  target_link_libraries(lean_blas INTERFACE ${LEAN_OPENBLAS_SHARED})
else()
  message(FATAL_ERROR "OpenBLAS was not found (LEAN_BLAS=${LEAN_BLAS}). Debian and Ubuntu: apt-get install libopenblas-serial-dev; "
    "Fedora: dnf install openblas-devel openblas-static; macOS: brew install openblas.")
endif()
