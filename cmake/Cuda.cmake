# The CUDA backend: csrc/cuda, when nvcc is found (LEAN_CUDA=ON insists). enable_language() must not
# be called from a function, hence this part at file level.

file(GLOB LEAN_CUDA_SOURCES CONFIGURE_DEPENDS csrc/cuda/*.cu csrc/cuda/backend/*.cu)
file(GLOB LEAN_CUDA_HOST_SOURCES CONFIGURE_DEPENDS csrc/cuda/backend/*.cpp)
file(GLOB LEAN_CUDA_TESTS CONFIGURE_DEPENDS test/simt/*.cu)
set(LEAN_HAVE_CUDA OFF)
if((LEAN_CUDA_SOURCES OR LEAN_CUDA_TESTS) AND NOT LEAN_CUDA STREQUAL "OFF" AND NOT APPLE)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75)  # older CMake's default is 52, which nvcc 13 no longer knows
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    # nvcc 12 and 13 have C++20, which CMake before 3.28 or so does not know of every release.
    foreach(kind STANDARD EXTENSION)
      if(NOT CMAKE_CUDA20_${kind}_COMPILE_OPTION)
        set(CMAKE_CUDA20_${kind}_COMPILE_OPTION -std=c++20)
      endif()
    endforeach()
    set(LEAN_HAVE_CUDA ON)
  elseif(LEAN_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LEAN_CUDA=ON, but no nvcc was found")
  endif()
endif()

# What the architectures' machine code is made for; newer ones take the PTX of the last. A release
# has more of them (scripts/release.mjs).
set(LEAN_CUDA_ARCHITECTURES 80-real 90 CACHE STRING "Architectures of the CUDA backend")
option(LEAN_CUDA_REPORT "Let ptxas tell registers and spills of every kernel" OFF)

# Told where a device is of another.
string(REPLACE ";" ", " named "${LEAN_CUDA_ARCHITECTURES}")
set_source_files_properties(csrc/cuda/backend/cuda-backend.cpp PROPERTIES
  COMPILE_DEFINITIONS LEAN_CUDA_ARCHITECTURES="${named}")

# Adds the backend to a target.
function(lean_cuda_sources target)
  target_sources(${target} PRIVATE ${LEAN_CUDA_SOURCES} ${LEAN_CUDA_HOST_SOURCES})
  get_filename_component(bin ${CMAKE_CUDA_COMPILER} DIRECTORY)
  target_include_directories(${target} SYSTEM PRIVATE ${bin}/../include)
  set_target_properties(${target} PROPERTIES CUDA_STANDARD 20 CUDA_VISIBILITY_PRESET hidden)
  # relaxed-constexpr: csrc/core and csrc/math say constexpr, and mean every device.
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr --extended-lambda>)
endfunction()

function(lean_cuda target)
  if(NOT LEAN_HAVE_CUDA OR NOT LEAN_CUDA_SOURCES)
    return()
  endif()
  lean_cuda_sources(${target})
  # cudart static: the addon then loads on a machine without a driver and says so itself.
  set_target_properties(${target} PROPERTIES
    CUDA_RUNTIME_LIBRARY Static CUDA_ARCHITECTURES "${LEAN_CUDA_ARCHITECTURES}")
  # A shipped binary's device code in a third of its size. Before CUDA 13, whose drivers read it
  # all, that would take a newer driver than the rest does.
  if(LEAN_LINK_STUBS AND CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CUDA>:--compress-mode=size>)
  endif()
  if(LEAN_CUDA_REPORT)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xptxas=-v>)
  endif()
endfunction()
