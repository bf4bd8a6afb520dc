# The PTX interpreter, csrc/simt: stands in for libcudart, so that the CUDA code runs on a machine
# without a GPU. For tests alone, never shipped. Built when asked for by target:
#   simt_tests        test/simt/*.{cpp,cu}: its own tests
#   lean_optim_simt   simt.node: the addon with csrc/cuda as the device "simt"
# Needs nvcc (which writes the PTX that is interpreted), no driver and no libcudart.

# The addon on the interpreter.
function(lean_simt_addon target)
  if(NOT TARGET lean_simt OR NOT LEAN_HAVE_CUDA OR NOT LEAN_CUDA_SOURCES)
    return()
  endif()
  lean_addon(${target})
  lean_cuda_sources(${target})
  file(GLOB for_tests CONFIGURE_DEPENDS csrc/cuda/backend/simt/*.cpp csrc/addon/simt/*.cpp)
  target_sources(${target} PRIVATE ${for_tests})
  target_link_libraries(${target} PRIVATE lean_simt)
  target_compile_definitions(${target} PRIVATE LEAN_SIMT)
  lean_simt_ptx(${target})
  # What is shipped for either; LEAN_SIMT_TARGET chooses.
  set_target_properties(${target} PROPERTIES
    CUDA_ARCHITECTURES "80-virtual;90-virtual" OUTPUT_NAME simt EXCLUDE_FROM_ALL ON)
endfunction()

# PTX alone, uncompressed: the interpreter reads it out of the object. -lineinfo gives reports their
# source lines.
function(lean_simt_ptx target)
  set_target_properties(${target} PROPERTIES
    CUDA_ARCHITECTURES 90-virtual CUDA_RUNTIME_LIBRARY None CUDA_STANDARD 20)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:-lineinfo --no-compress>)
endfunction()

file(GLOB_RECURSE LEAN_SIMT_SOURCES CONFIGURE_DEPENDS csrc/simt/*.cpp)
file(GLOB LEAN_SIMT_TESTS CONFIGURE_DEPENDS test/simt/*.cpp test/simt/*.cu
  test/simt/planted/*.cu)
if(NOT LEAN_SIMT_SOURCES)
  return()
endif()

find_package(Threads REQUIRED)
add_library(lean_simt OBJECT EXCLUDE_FROM_ALL ${LEAN_SIMT_SOURCES})
target_include_directories(lean_simt PUBLIC csrc)
target_link_libraries(lean_simt PUBLIC Threads::Threads)
# csrc/simt/libs: cuSOLVER and cuBLAS by OpenBLAS, found when the linked code opens them.
target_link_libraries(lean_simt INTERFACE lean_blas ${CMAKE_DL_LIBS})
target_link_options(lean_simt INTERFACE
  -Wl,--wrap=dlopen -Wl,--wrap=dlsym -Wl,--wrap=dlclose)
# Never shipped, so it is compiled for the machine at hand. What a PTX instruction rounds, the
# interpreter rounds: no contraction, no reordering.
target_compile_options(lean_simt PRIVATE -Wall -Wextra -Wno-psabi -march=native
  -mprefer-vector-width=512 -ffp-contract=off -fno-math-errno -fno-trapping-math
  $<$<CONFIG:Release>:-O3> $<$<BOOL:${LEAN_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(lean_simt PRIVATE -Wno-restrict)  # as in CMakeLists.txt
endif()
if(CMAKE_CUDA_COMPILER)
  get_filename_component(cuda_bin ${CMAKE_CUDA_COMPILER} DIRECTORY)
  target_include_directories(lean_simt SYSTEM PUBLIC ${cuda_bin}/../include)
endif()

if(LEAN_SIMT_TESTS AND CMAKE_CUDA_COMPILER)
  add_executable(simt_tests EXCLUDE_FROM_ALL ${LEAN_SIMT_TESTS}
    csrc/cpu/backend/blas-locks.cpp)  # which lean_blas needs; the addon has it
  target_link_libraries(simt_tests PRIVATE lean_simt)
  target_include_directories(simt_tests PRIVATE csrc test/simt)
  # Templates for every type and few rounds of each: compiling them takes longer than running them.
  target_compile_options(simt_tests PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O1>)
  lean_simt_ptx(simt_tests)
endif()
