function(lean_sanitize target list)
  if(list STREQUAL "")
    return()
  endif()
  # No vptr check: it wants the RTTI of classes that live in Node. Nothing recovers, so that a
  # report is a failed test.
  target_compile_options(${target} INTERFACE -fsanitize=${list} -fno-sanitize=vptr
    -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  target_link_options(${target} INTERFACE -fsanitize=${list})
endfunction()
