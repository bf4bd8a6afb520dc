// div, rcp, sqrt and rsqrt of .f32 and .f64 (PTX ISA 9.7.3). The approximate forms are computed
// exactly and rounded once, which is within every bound that PTX states for them.
#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class T, bool ftz>
T div(T a, T b) {
  return result<ftz, false>(operand<ftz>(a) / operand<ftz>(b));
}

// The reciprocal of a divisor past 2^126 counts as zero: so says PTX of div.approx.
template <bool ftz>
float div_approx(float a, float b) {
  const float x = operand<ftz>(a);
  const float y = operand<ftz>(b);
  const bool is_large = std::fabs(y) > 0x1p126f && std::fabs(y) <= 0x1.fffffep127f;
  return result<ftz, false>(is_large ? x * std::copysign(0.0f, y) : x / y);
}

template <class T, bool ftz>
T rcp(T a) {
  return div<T, ftz>(1, a);
}

template <class T, bool ftz>
T sqrt(T a) {
  return result<ftz, false>(std::sqrt(operand<ftz>(a)));
}

template <bool ftz>
float rsqrt(float a) {
  const double root = std::sqrt(static_cast<double>(operand<ftz>(a)));
  return result<ftz, false>(static_cast<float>(1 / root));
}

double rsqrt_double(double a) { return 1 / std::sqrt(a); }

// .approx.ftz.f64 looks at the upper 32 bits of its operand and computes those of the result.
double upper_half(double value) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(value) & 0xffffffff00000000u);
}

double flush_double(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const bool is_subnormal = (bits & 0x7ff0000000000000u) == 0;
  return std::bit_cast<double>(is_subnormal ? bits & 0x8000000000000000u : bits);
}

double rcp_upper(double a) { return upper_half(flush_double(1 / flush_double(upper_half(a)))); }

double rsqrt_upper(double a) { return upper_half(1 / std::sqrt(flush_double(upper_half(a)))); }

Execute select_div(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const bool full = m.take("full");
  const auto rounding = m.take_rounding();
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done() || approx + full + rounding.has_value() != 1) return nullptr;
  if (type == Type::f64) {
    if (!rounding || ftz) return nullptr;
    return for_rounding(*rounding, [&](auto mode) {
      return lanewise_of<div<double, false>, decltype(mode)::value>(i);
    });
  }
  if (type != Type::f32) return nullptr;
  return for_flag(ftz, [&](auto flag) {
    constexpr bool kFtz = flag;
    if (approx) return lanewise_of<div_approx<kFtz>>(i);
    return for_rounding(rounding.value_or(Rounding::rn), [&](auto mode) {
      return lanewise_of<div<float, kFtz>, decltype(mode)::value>(i);
    });
  });
}

Execute select_rcp(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const auto rounding = m.take_rounding();
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done() || approx == rounding.has_value()) return nullptr;
  if (type == Type::f64) {
    if (approx) return ftz ? lanewise_of<rcp_upper>(i) : nullptr;
    if (ftz) return nullptr;
    return for_rounding(*rounding, [&](auto mode) {
      return lanewise_of<rcp<double, false>, decltype(mode)::value>(i);
    });
  }
  if (type != Type::f32) return nullptr;
  return for_flag(ftz, [&](auto flag) {
    return for_rounding(rounding.value_or(Rounding::rn), [&](auto mode) {
      return lanewise_of<rcp<float, decltype(flag)::value>, decltype(mode)::value>(i);
    });
  });
}

Execute select_sqrt(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const auto rounding = m.take_rounding();
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done() || approx == rounding.has_value()) return nullptr;
  if (type == Type::f64) {
    if (!rounding || ftz) return nullptr;
    return for_rounding(*rounding, [&](auto mode) {
      return lanewise_of<sqrt<double, false>, decltype(mode)::value>(i);
    });
  }
  if (type != Type::f32) return nullptr;
  return for_flag(ftz, [&](auto flag) {
    return for_rounding(rounding.value_or(Rounding::rn), [&](auto mode) {
      return lanewise_of<sqrt<float, decltype(flag)::value>, decltype(mode)::value>(i);
    });
  });
}

Execute select_rsqrt(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done() || !approx) return nullptr;
  if (type == Type::f64) return ftz ? lanewise_of<rsqrt_upper>(i) : lanewise_of<rsqrt_double>(i);
  if (type == Type::f32) return ftz ? lanewise_of<rsqrt<true>>(i) : lanewise_of<rsqrt<false>>(i);
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"div", select_div},
    {"rcp", select_rcp},
    {"sqrt", select_sqrt},
    {"rsqrt", select_rsqrt},
};

}  // namespace
}  // namespace lean::simt
