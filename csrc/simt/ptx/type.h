// The types of PTX (PTX ISA 9.0, 5.2).
#pragma once

#include <cstdint>
#include <string_view>

namespace lean::simt {

// clang-format off
enum class Type : uint8_t {
  none, pred,
  b8, b16, b32, b64, b128,
  u8, u16, u32, u64,
  s8, s16, s32, s64,
  f16, bf16, f32, f64,
  f16x2, bf16x2, tf32,
  e4m3, e5m2, e4m3x2, e5m2x2,
};
// clang-format on

// Type::none for a name that is no type. `name` is without the dot.
Type type_named(std::string_view name);
std::string_view name_of(Type type);
int size_of(Type type);  // in bytes; 0 for none and pred

constexpr bool is_signed(Type t) { return t >= Type::s8 && t <= Type::s64; }
constexpr bool is_unsigned(Type t) { return t >= Type::u8 && t <= Type::u64; }
constexpr bool is_bits(Type t) { return t >= Type::b8 && t <= Type::b128; }
constexpr bool is_integer(Type t) { return t >= Type::b8 && t <= Type::s64; }
constexpr bool is_float(Type t) { return t >= Type::f16; }

}  // namespace lean::simt
