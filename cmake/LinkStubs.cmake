# Links against the stubs that scripts/link-stubs.cjs wrote into `dir`, in place of this machine's
# system libraries. A macro: CMAKE_CXX_STANDARD_LIBRARIES ends every link line, which is where
# libraries that any object may need have to stand.
macro(lean_link_stubs target dir)
  include(${dir}/stubs.cmake)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libc_nonshared.a
    OUTPUT_VARIABLE LEAN_NONSHARED OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(CMAKE_CXX_STANDARD_LIBRARIES "${LEAN_STUBS} -lgcc ${LEAN_NONSHARED}")
  target_link_options(${target} PRIVATE -nodefaultlibs)
  target_sources(${target} PRIVATE cmake/link-shim.cpp)
endmacro()
