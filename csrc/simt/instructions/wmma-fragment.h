// The shapes and fragments of wmma (PTX ISA 9.7.14.4). Where the elements of a fragment are is left
// open by PTX; here element j of lane l is number 32 j + l of the matrix, row by row, and where a
// fragment has room for more than the matrix it is repeated.
#pragma once

#include <optional>
#include <string_view>

#include "simt/machine/instruction.h"

namespace lean::simt {

struct Shape {
  int m = 0, n = 0, k = 0;
  bool operator==(const Shape&) const = default;
};
inline constexpr Shape kHalfShapes[] = {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}};
inline constexpr Shape kTf32Shape = {16, 16, 8};
inline constexpr Shape kDoubleShape = {8, 8, 4};

inline std::optional<Shape> shape_named(std::string_view name) {
  if (name == "m16n16k16") return kHalfShapes[0];
  if (name == "m32n8k16") return kHalfShapes[1];
  if (name == "m8n32k16") return kHalfShapes[2];
  if (name == "m16n16k8") return kTf32Shape;
  if (name == "m8n8k4") return kDoubleShape;
  return std::nullopt;
}

inline bool has_type(const Shape& shape, Type type) {
  if (type == Type::tf32) return shape == kTf32Shape;
  if (type == Type::f64) return shape == kDoubleShape;
  if (type == Type::f16 || type == Type::bf16) return shape.k == 16;
  return type == Type::f32 && shape != kDoubleShape;  // accumulators
}

// The number of registers of a fragment of that many elements.
inline int registers_of(Type type, int elements, bool is_accumulator) {
  if (type == Type::f16) return is_accumulator ? 4 : 8;
  if (type == Type::bf16) return elements / kLanes / 2;
  return elements / kLanes;
}

}  // namespace lean::simt
