// cvt to pairs of .f16, .bf16 and 8-bit numbers, back from those, and to .tf32 (PTX ISA 9.7.9).
#include <cmath>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/half-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/packed.h"

namespace lean::simt {
namespace {

template <bool relu>
float clamped(float value) {
  return relu && value <= 0 ? 0.0f : value;
}

// a goes to the upper half, b to the lower.
template <class H, Rounding rounding, bool relu>
uint32_t to_pair(float a, float b) {
  if constexpr (rounding == Rounding::rn) {
    return pack(round_to<H>(clamped<relu>(b)), round_to<H>(clamped<relu>(a)));
  } else {
    const uint32_t high = narrow<typename H::Format, rounding>(clamped<relu>(a));
    return high << 16 | narrow<typename H::Format, rounding>(clamped<relu>(b));
  }
}

template <Rounding rounding, bool relu, bool satfinite>
uint32_t to_tf32(float a) {
  return narrow<FormatTf32, rounding, satfinite>(clamped<relu>(a)) << 13;
}

template <class Format, bool relu>
uint16_t to_bytes(float a, float b) {
  const uint32_t high = narrow<Format, Rounding::rn, true>(clamped<relu>(a));
  const uint32_t low = narrow<Format, Rounding::rn, true>(clamped<relu>(b));
  return static_cast<uint16_t>(high << 8 | low);
}

template <class Format, bool relu>
uint16_t pair_to_bytes(uint32_t a) {
  return to_bytes<Format, relu>(to_float(high_half<F16>(a)), to_float(low_half<F16>(a)));
}

// Every 8-bit number is an .f16. e5m2 is its upper byte.
template <class Format, bool relu>
F16 from_byte(uint32_t byte) {
  const uint32_t magnitude = byte & 0x7f;
  const uint32_t sign = (byte & 0x80) << 8;
  uint32_t bits = magnitude << (10 - Format::kFraction);
  bool nan = magnitude > 0x7c;
  if constexpr (Format::kFraction == 3) {
    nan = magnitude == 0x7f;
    const F16 scaled = {static_cast<uint16_t>(bits)};
    bits = round_to<F16>(to_float(scaled) * 256.0f).bits;  // the biases are 15 and 7
  }
  if (nan) return {0x7fff};
  return {static_cast<uint16_t>(relu && sign ? 0 : bits | sign)};
}

template <class Format, bool relu>
uint32_t from_bytes(uint16_t a) {
  return pack(from_byte<Format, relu>(a & 0xff), from_byte<Format, relu>(a >> 8));
}

struct Form {
  Rounding rounding = Rounding::rn;
  bool rna = false;
  bool relu = false;
  bool satfinite = false;
  Type to = Type::none;
  Type from = Type::none;
};

template <class H>
Execute select_pair(const Form& form, const Instruction& i) {
  if (form.satfinite || form.rna) return nullptr;
  return for_flag(form.relu, [&](auto relu) -> Execute {
    constexpr bool kRelu = relu;
    if (form.rounding == Rounding::rn) return lanewise_of<to_pair<H, Rounding::rn, kRelu>>(i);
    if (form.rounding == Rounding::rz) return lanewise_of<to_pair<H, Rounding::rz, kRelu>>(i);
    return nullptr;
  });
}

Execute select_tf32(const Form& form, const Instruction& i) {
  return for_flag(form.satfinite, [&](auto satfinite) -> Execute {
    constexpr bool kFinite = satfinite;
    if (form.rna) {
      return form.relu ? nullptr : lanewise_of<to_tf32<Rounding::rna, false, kFinite>>(i);
    }
    if (form.rounding == Rounding::rn) {
      return form.relu ? lanewise_of<to_tf32<Rounding::rn, true, kFinite>>(i)
                       : lanewise_of<to_tf32<Rounding::rn, false, kFinite>>(i);
    }
    if (form.rounding == Rounding::rz) {
      return form.relu ? lanewise_of<to_tf32<Rounding::rz, true, kFinite>>(i)
                       : lanewise_of<to_tf32<Rounding::rz, false, kFinite>>(i);
    }
    return nullptr;
  });
}

template <class Format>
Execute select_to_bytes(const Form& form, const Instruction& i) {
  if (!form.satfinite || form.rna || form.rounding != Rounding::rn) return nullptr;
  return for_flag(form.relu, [&](auto relu) -> Execute {
    constexpr bool kRelu = relu;
    if (form.from == Type::f32) return lanewise_of<to_bytes<Format, kRelu>>(i);
    if (form.from == Type::f16x2) return lanewise_of<pair_to_bytes<Format, kRelu>>(i);
    return nullptr;
  });
}

template <class Format>
Execute select_from_bytes(const Form& form, const Instruction& i) {
  if (form.satfinite || form.rna || form.rounding != Rounding::rn) return nullptr;
  return form.relu ? lanewise_of<from_bytes<Format, true>>(i)
                   : lanewise_of<from_bytes<Format, false>>(i);
}

Execute select_cvt(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  Form form;
  const auto rounding = m.take_rounding();
  form.rna = m.take("rna");
  form.relu = m.take("relu");
  form.satfinite = m.take("satfinite");
  form.to = m.take_type();
  form.from = m.take_type();
  if (!m.done() || rounding.has_value() == form.rna) return nullptr;
  form.rounding = rounding.value_or(Rounding::rn);
  if (form.to == Type::e4m3x2) return select_to_bytes<FormatE4m3>(form, i);
  if (form.to == Type::e5m2x2) return select_to_bytes<FormatE5m2>(form, i);
  if (form.to == Type::f16x2 && form.from == Type::e4m3x2) {
    return select_from_bytes<FormatE4m3>(form, i);
  }
  if (form.to == Type::f16x2 && form.from == Type::e5m2x2) {
    return select_from_bytes<FormatE5m2>(form, i);
  }
  if (form.from != Type::f32) return nullptr;
  if (form.to == Type::f16x2) return select_pair<F16>(form, i);
  if (form.to == Type::bf16x2) return select_pair<Bf16>(form, i);
  if (form.to == Type::tf32) return select_tf32(form, i);
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {{"cvt", select_cvt}};

}  // namespace
}  // namespace lean::simt
