# The CPU kernels, csrc/cpu/*.cpp: plain loops that the compiler vectorizes, compiled once for each
# instruction set. The addon picks one set when it is loaded. LEAN_ISA is the namespace they are in,
# LEAN_ISA_LEVEL what they register under.

set(LEAN_ISAS baseline)
set(LEAN_ISA_OPTIONS_baseline "")
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  list(APPEND LEAN_ISAS avx2 avx512)
  set(LEAN_ISA_OPTIONS_avx2 -march=x86-64-v3)
  # Some compilers otherwise stay with 256 bits here, for the sake of the first chips that had 512.
  set(LEAN_ISA_OPTIONS_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
  set(LEAN_ISA_LEVEL_avx2 1)
  set(LEAN_ISA_LEVEL_avx512 2)
  # The sanitizers' tests run one set, the highest that the machine has.
  if(LEAN_SANITIZE)
    list(REMOVE_ITEM LEAN_ISAS avx2)
  endif()
endif()
set(LEAN_ISA_LEVEL_baseline 0)

# A sum is vectorized only where a kernel says so itself (several accumulators), so results do not
# depend on the compiler: no -fassociative-math, no -ffast-math. What is given up here (errno,
# trapping) no kernel looks at.
set(LEAN_KERNEL_OPTIONS -fno-math-errno -fno-trapping-math -ffp-contract=fast)

# Sets `out` to the objects of all instruction sets.
#
# The linker keeps one copy of an inline function or template that several objects hold. Were that
# the one compiled for AVX-512, an older processor would die in it; were it another, a call that
# passes vectors would follow two conventions, and loops would run at the pace of the oldest. So the
# objects of a set above the baseline are first linked into one, in which every symbol is made
# local. What they need from elsewhere is still found, and nobody needs them by name: they register
# themselves.
function(lean_cpu_kernels out)
  file(GLOB sources CONFIGURE_DEPENDS csrc/cpu/*.cpp)
  set(objects "")
  foreach(isa IN LISTS LEAN_ISAS)
    set(kernels lean_kernels_${isa})
    add_library(${kernels} OBJECT ${sources})
    target_link_libraries(${kernels} PRIVATE lean_common)
    target_compile_definitions(${kernels} PRIVATE LEAN_ISA=${isa} LEAN_ISA_LEVEL=${LEAN_ISA_LEVEL_${isa}})
    target_compile_options(${kernels} PRIVATE ${LEAN_KERNEL_OPTIONS} ${LEAN_ISA_OPTIONS_${isa}})
    if(isa STREQUAL "baseline")
      list(APPEND objects $<TARGET_OBJECTS:${kernels}>)
    else()
      set(object ${CMAKE_CURRENT_BINARY_DIR}/${kernels}.o)
      add_custom_command(OUTPUT ${object} COMMENT "Joining the ${isa} kernels"
        COMMAND ${CMAKE_CXX_COMPILER} -r -nostdlib -Wl,--force-group-allocation
          -o ${object} $<TARGET_OBJECTS:${kernels}>
        COMMAND ${CMAKE_OBJCOPY} --wildcard --localize-symbol=* ${object}
        DEPENDS ${kernels} $<TARGET_OBJECTS:${kernels}> COMMAND_EXPAND_LISTS VERBATIM)
      set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON)
      list(APPEND objects ${object})
    endif()
  endforeach()
  set(${out} "${objects}" PARENT_SCOPE)
endfunction()
