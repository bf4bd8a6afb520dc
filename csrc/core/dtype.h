// Element types, and the one place where a run-time type becomes a C++ type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/half.h"

namespace lean {

enum class DType : int32_t { float32, bfloat16, float16, float64, int32, int64 };

inline constexpr std::string_view kDTypeNames[] = {"float32", "bfloat16", "float16",
                                                   "float64", "int32",    "int64"};

constexpr size_t size_of(DType type) {
  switch (type) {
    case DType::float64:
    case DType::int64:
      return 8;
    case DType::float32:
    case DType::int32:
      return 4;
    default:
      return 2;
  }
}

constexpr std::string_view name_of(DType type) { return kDTypeNames[static_cast<int>(type)]; }

// Types a parameter or a gradient may have.
constexpr bool is_weight_type(DType type) {
  return type == DType::float32 || type == DType::bfloat16 || type == DType::float16;
}

// Types a momentum or a basis may have. (Second moments are float32, always: with beta2 = 0.999 a
// bfloat16 average cannot shrink, because 0.999 * v rounds back to v.)
constexpr bool is_state_type(DType type) {
  return type == DType::float32 || type == DType::bfloat16;
}

// Calls f.template operator()<T>() with the C++ type of a weight: dispatch(t, [&]<class T> { ...
// }).
template <class F>
decltype(auto) dispatch_weight(DType type, F&& f) {
  switch (type) {
    case DType::bfloat16:
      return f.template operator()<bfloat16>();
    case DType::float16:
      return f.template operator()<float16>();
    default:
      return f.template operator()<float>();
  }
}

template <class F>
decltype(auto) dispatch_state(DType type, F&& f) {
  if (type == DType::bfloat16) return f.template operator()<bfloat16>();
  return f.template operator()<float>();
}

// A gradient has its parameter's type or float32: the five pairs, not nine.
template <class F>
decltype(auto) dispatch_param_grad(DType param, DType grad, F&& f) {
  return dispatch_weight(param, [&]<class W>() -> decltype(auto) {
    if (grad == DType::float32) return f.template operator()<W, float>();
    return f.template operator()<W, W>();
  });
}

}  // namespace lean
