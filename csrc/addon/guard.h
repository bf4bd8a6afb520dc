// The one place where C++ exceptions end. A native entry point returns a status and leaves a
// message behind; lib/native.ts takes the message and throws the Error, so that it is an Error in
// every realm and a terminating worker thread cannot abort the process.
#pragma once

#include <new>
#include <string>
#include <utility>

#include "core/error.h"

namespace lean::addon {

struct LastError {
  std::string code;
  std::string message;
  std::string parameter;  // the argument at fault, if it is one
};

// Runs f and returns true, or false with `last` filled in.
template <class F>
bool guard(LastError& last, F&& f) noexcept {
  try {
    std::forward<F>(f)();
    return true;
  } catch (const Error& error) {
    last = {error.code, error.what(), error.parameter};
  } catch (const std::bad_alloc&) {
    last = {kOutOfMemory, "out of memory", {}};
  } catch (const std::exception& error) {
    last = {kNative, error.what(), {}};
  } catch (...) {
    last = {kNative, "unknown native error", {}};
  }
  return false;
}

}  // namespace lean::addon
