// cvt from and to .f16, .bf16, .f32 and .f64 (PTX ISA 9.7.9).
#include <cmath>
#include <cstring>
#include <limits>

#include "simt/instructions/convert-stages.h"
#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-value.h"
#include "simt/instructions/half-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

// The conversions that kernels are full of, each one loop.
template <class D, class S>
D direct(S a) {
  return static_cast<D>(a);
}

template <class H>
float from_half(H a) {
  return result<false, false>(to_float(a));
}

template <class H>
H to_half(float a) {
  return round_to<H>(a);
}

float to_single(double a) { return result<false, false>(static_cast<float>(a)); }

// As write_integer does it, without the way through double: the bounds are powers of two. T: of 32
// bits, for which NaN gives zero.
template <class T, Rounding rounding>
T to_integer(float a) {
  float value = a;
  if (rounding == Rounding::rn) value = std::nearbyint(a);
  if (rounding == Rounding::rz) value = std::trunc(a);
  if (rounding == Rounding::rm) value = std::floor(a);
  if (rounding == Rounding::rp) value = std::ceil(a);
  constexpr float kEnd = std::is_signed_v<T> ? 0x1p31f : 0x1p32f;
  constexpr float kLowest = std::is_signed_v<T> ? -0x1p31f : 0.0f;
  const float bounded = value >= kLowest ? value : kLowest;
  const T converted = static_cast<T>(bounded < kEnd ? bounded : 0.0f);
  const T clamped = bounded < kEnd ? converted : std::numeric_limits<T>::max();
  return a != a ? T{0} : clamped;
}

Execute select_to_integer(const Conversion& c, const Instruction& i) {
  if (c.from != Type::f32 || c.ftz) return nullptr;
  return for_rounding(c.rounding, [&](auto rounding) -> Execute {
    if (c.to == Type::s32) return lanewise_of<to_integer<int32_t, decltype(rounding)::value>>(i);
    if (c.to == Type::u32) return lanewise_of<to_integer<uint32_t, decltype(rounding)::value>>(i);
    return nullptr;
  });
}

Execute select_direct(const Conversion& c, const Instruction& i) {
  if (c.to_integral) return is_integer(c.to) ? select_to_integer(c, i) : nullptr;
  if (c.ftz || c.sat || c.relu || c.to_integral || c.rounding != Rounding::rn) return nullptr;
  const auto is = [&](Type to, Type from) { return c.to == to && c.from == from; };
  if (is(Type::f32, Type::bf16)) return lanewise_of<from_half<Bf16>>(i);
  if (is(Type::f32, Type::f16)) return lanewise_of<from_half<F16>>(i);
  if (is(Type::bf16, Type::f32)) return lanewise_of<to_half<Bf16>>(i);
  if (is(Type::f16, Type::f32)) return lanewise_of<to_half<F16>>(i);
  if (is(Type::f64, Type::f32)) return lanewise_of<direct<double, float>>(i);
  if (is(Type::f32, Type::f64)) return lanewise_of<to_single>(i);
  if (is(Type::f32, Type::s32)) return lanewise_of<direct<float, int32_t>>(i);
  if (is(Type::f32, Type::u32)) return lanewise_of<direct<float, uint32_t>>(i);
  if (is(Type::f32, Type::s64)) return lanewise_of<direct<float, int64_t>>(i);
  if (is(Type::f32, Type::u64)) return lanewise_of<direct<float, uint64_t>>(i);
  if (is(Type::f64, Type::s32)) return lanewise_of<direct<double, int32_t>>(i);
  if (is(Type::f64, Type::u32)) return lanewise_of<direct<double, uint32_t>>(i);
  if (is(Type::f64, Type::s64)) return lanewise_of<direct<double, int64_t>>(i);
  if (is(Type::f64, Type::u64)) return lanewise_of<direct<double, uint64_t>>(i);
  return nullptr;
}

// 64 bits to the 53 of a double in a directed mode: there is no wider type to go through.
template <class T, Rounding rounding>
double round_long(T a) {
  const bool negative = a < 0;
  const uint64_t bits = static_cast<uint64_t>(a);
  const uint64_t magnitude = negative ? 0 - bits : bits;
  const int zeros = std::countl_zero(magnitude);
  const int shift = zeros < 11 ? 11 - zeros : 0;
  const uint64_t kept = magnitude >> shift;
  const bool exact = kept << shift == magnitude;
  const bool away = rounding == (negative ? Rounding::rm : Rounding::rp);
  const auto value = static_cast<double>(kept + (!exact && away ? 1 : 0));
  const double scaled = value * static_cast<double>(uint64_t{1} << shift);
  return negative ? -scaled : scaled;
}

template <class T>
Execute select_long(const Conversion& c, const Instruction& i) {
  if (c.rounding == Rounding::rz) return lanewise_of<round_long<T, Rounding::rz>>(i);
  if (c.rounding == Rounding::rm) return lanewise_of<round_long<T, Rounding::rm>>(i);
  return lanewise_of<round_long<T, Rounding::rp>>(i);
}

Flow convert(Warp& warp, const Instruction& i, Mask mask) {
  Conversion c;
  static_assert(sizeof c <= sizeof i.data);
  std::memcpy(&c, i.data, sizeof c);
  Doubles values = read_as_double(warp, i.operands[1], c.from, c.ftz);
  if (c.to_integral) round_to_integral(values, c.rounding);
  if (is_integer(c.to)) {
    write_integer(warp, i.operands[0], values, c, mask);
    return Flow::next;
  }
  if (c.sat) {
    for (double& value : values) value = saturate(value);
  }
  if (c.relu) {
    // NaN stays what it is.
    for (double& value : values) value = value <= 0 ? 0 : value;
  }
  write_float(warp, i.operands[0], values, c, mask);
  return Flow::next;
}

bool is_scalar_float(Type type) { return type >= Type::f16 && type <= Type::f64; }
bool is_scalar(Type type) { return is_scalar_float(type) || is_signed(type) || is_unsigned(type); }

// The integer roundings are for results that are integers or of the source's type; the others for
// what may not fit the result exactly.
bool is_valid(const Conversion& c, bool has_rounding, bool has_integer_rounding) {
  if (!is_scalar(c.to) || !is_scalar(c.from)) return false;
  if (is_integer(c.to) && is_integer(c.from)) return false;  // convert-integer.cpp
  if (c.ftz && c.to != Type::f32 && c.from != Type::f32) return false;
  const bool relu_fits = c.from == Type::f32 && (c.to == Type::f16 || c.to == Type::bf16);
  if (c.relu && (!relu_fits || c.sat)) return false;
  if (is_integer(c.to)) return has_integer_rounding && !has_rounding;
  if (c.to == c.from) return !has_rounding;
  const bool is_exact = !is_integer(c.from) && size_of(c.to) > size_of(c.from);
  return !has_integer_rounding && has_rounding != is_exact;
}

Execute select_cvt(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  Conversion c;
  const auto rounding = m.take_rounding();
  bool has_integer_rounding = false;
  const auto integral = [&](std::string_view name, Rounding mode) {
    if (!m.take(name)) return;
    has_integer_rounding = true;
    c.rounding = mode;
  };
  integral("rni", Rounding::rn);
  integral("rzi", Rounding::rz);
  integral("rmi", Rounding::rm);
  integral("rpi", Rounding::rp);
  if (rounding) c.rounding = *rounding;
  c.to_integral = has_integer_rounding;
  c.ftz = m.take("ftz");
  c.sat = m.take("sat");
  c.relu = m.take("relu");
  c.to = m.take_type();
  c.from = m.take_type();
  if (!m.done() || i.operand_count != 2) return nullptr;
  if (!is_valid(c, rounding.has_value(), has_integer_rounding)) return nullptr;
  if (const Execute execute = select_direct(c, i)) return execute;
  if (c.to == Type::f64 && !c.sat && c.rounding != Rounding::rn) {
    if (c.from == Type::s64) return select_long<int64_t>(c, i);
    if (c.from == Type::u64) return select_long<uint64_t>(c, i);
  }
  std::memcpy(i.data, &c, sizeof c);
  return convert;
}

const RegisterOpcode kOpcodes[] = {{"cvt", select_cvt}};

}  // namespace
}  // namespace lean::simt
