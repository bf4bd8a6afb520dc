# lean_node_api: the headers of Node-API and its C++ wrapper, from npm packages, so no build ever
# downloads Node's own.

if(CMAKE_JS_INC)  # cmake-js, or a caller who knows better
  set(LEAN_NODE_API_INC ${CMAKE_JS_INC})
else()
  # node-addon-api's own include_dir is relative to the working directory.
  set(script "
    const { dirname } = require('path')
    const wrapper = dirname(require.resolve('node-addon-api/package.json'))
    console.log([require('node-api-headers').include_dir, wrapper].join(';'))")
  execute_process(COMMAND node -e "${script}" WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    OUTPUT_VARIABLE LEAN_NODE_API_INC OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "node-api-headers and node-addon-api were not found: run npm install first")
  endif()
endif()

add_library(lean_node_api INTERFACE)
target_include_directories(lean_node_api SYSTEM INTERFACE ${LEAN_NODE_API_INC})
# NAPI_VERSION 8 has BigInt, instance data and type tags, and every Node since 20 offers it.
# SWALLOW_UNTHROWABLE: an exception while a worker terminates would otherwise abort the process.
# NO_EXTERNAL_BUFFERS: Electron and others with a memory cage refuse them, so let the compiler
# refuse them for us.
target_compile_definitions(lean_node_api INTERFACE NAPI_VERSION=8 NAPI_CPP_EXCEPTIONS
  NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED)
target_link_libraries(lean_node_api INTERFACE ${CMAKE_JS_LIB})
if(APPLE)
  target_link_options(lean_node_api INTERFACE -undefined dynamic_lookup)
endif()
