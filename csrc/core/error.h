// Errors inside csrc. They are thrown here and caught in one place, csrc/addon/guard.h.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lean {

// `code` is one of the ERR_LEAN_* strings of lib/errors.ts, `parameter` the name of the argument at
// fault, if it is one; both must have static storage.
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message, const char* parameter = "")
      : std::runtime_error(message), code(code), parameter(parameter) {}
  const char* code;
  const char* parameter;
};

inline constexpr const char* kInvalidArg = "ERR_LEAN_INVALID_ARG";
inline constexpr const char* kShape = "ERR_LEAN_SHAPE";
inline constexpr const char* kDTypeError = "ERR_LEAN_DTYPE";
inline constexpr const char* kUnsupported = "ERR_LEAN_UNSUPPORTED";
inline constexpr const char* kBusy = "ERR_LEAN_BUSY";
inline constexpr const char* kNative = "ERR_LEAN_NATIVE";
inline constexpr const char* kOutOfMemory = "ERR_LEAN_OUT_OF_MEMORY";

inline void require(bool ok, const char* code, std::string_view message) {
  if (!ok) throw Error(code, std::string(message));
}

inline void require(bool ok, std::string_view message) { require(ok, kShape, message); }

}  // namespace lean
