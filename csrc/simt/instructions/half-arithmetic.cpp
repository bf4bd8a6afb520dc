// add, sub, mul and fma of .f16, .bf16 and pairs of them (PTX ISA 9.7.4). Each rounds once.
#include <cmath>

#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-value.h"
#include "simt/instructions/half-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/packed.h"

namespace lean::simt {
namespace {

enum class Clamp { none, sat, relu };

template <class H, bool ftz, Clamp clamp, class S>
[[gnu::always_inline]] inline H finish(S value) {
  if (clamp == Clamp::sat) value = saturate(value);
  if (clamp == Clamp::relu) value = value < 0 ? 0 : value;
  const H rounded = flushed<ftz>(round_to<H>(value));
  // Also -0 and what has been rounded to it.
  const bool is_minus_zero = clamp == Clamp::relu && rounded.bits == 0x8000;
  return is_minus_zero ? H{0} : rounded;
}

template <bool ftz, class H>
[[gnu::always_inline]] inline float value_of(H half) {
  return to_float(flushed<ftz>(half));
}

// A sum rounded to the 24 bits of a float, and then to at most 11, is the sum rounded once: 24 is
// not less than twice 11 plus 2. Where bf16 is subnormal, the float is exact.
template <class H, bool ftz, Clamp clamp>
[[gnu::always_inline]] inline H add(H a, H b) {
  return finish<H, ftz, clamp>(value_of<ftz>(a) + value_of<ftz>(b));
}

template <class H, bool ftz, Clamp clamp>
[[gnu::always_inline]] inline H sub(H a, H b) {
  return finish<H, ftz, clamp>(value_of<ftz>(a) - value_of<ftz>(b));
}

// Exact in double; in float it would not be where the product is subnormal.
template <class H, bool ftz, Clamp clamp>
[[gnu::always_inline]] inline H mul(H a, H b) {
  return finish<H, ftz, clamp>(double{value_of<ftz>(a)} * double{value_of<ftz>(b)});
}

// The product is exact. The sum is rounded to odd: where it is inexact, its last bit is set, so
// that the second rounding sees on which side of a tie it lies.
template <class H, bool ftz, Clamp clamp>
[[gnu::always_inline]] inline H fma(H a, H b, H c) {
  const double product = double{value_of<ftz>(a)} * double{value_of<ftz>(b)};
  const double addend = value_of<ftz>(c);
  const double sum = product + addend;
  const double part = sum - product;
  const double error = (product - (sum - part)) + (addend - part);  // Knuth's two-sum
  const uint64_t bits = std::bit_cast<uint64_t>(sum);
  // Towards the error: away from zero where it has the sum's sign. An infinite sum has no error
  // that is a number.
  const auto towards_zero = static_cast<uint64_t>((error > 0) != (sum > 0));
  const uint64_t step = 1 - 2 * towards_zero;
  const uint64_t inexact = static_cast<uint64_t>(std::fabs(error) > 0) & ~bits & 1;
  return finish<H, ftz, clamp>(std::bit_cast<double>(bits + ((0 - inexact) & step)));
}

struct Form {
  Type type = Type::none;
  bool ftz = false;
  Clamp clamp = Clamp::none;
};

bool read_form(const Spelling& spelling, bool is_fma, Form& form) {
  Modifiers m(spelling);
  const bool rn = m.take("rn");
  form.ftz = m.take("ftz");
  const bool sat = m.take("sat");
  const bool relu = is_fma && m.take("relu");
  form.type = m.take_type();
  form.clamp = sat ? Clamp::sat : relu ? Clamp::relu : Clamp::none;
  if (!m.done() || (sat && relu) || (is_fma && !rn)) return false;
  if (form.type == Type::f16 || form.type == Type::f16x2) return true;
  return (form.type == Type::bf16 || form.type == Type::bf16x2) && !form.ftz && !sat;
}

// `make` is called with the type of number, `ftz` and the clamp.
template <class Make>
Execute for_form(const Form& form, Make make) {
  if (form.type == Type::bf16 || form.type == Type::bf16x2) {
    if (form.clamp == Clamp::relu) return make.template operator()<Bf16, false, Clamp::relu>();
    return make.template operator()<Bf16, false, Clamp::none>();
  }
  return for_flag(form.ftz, [&](auto ftz) {
    constexpr bool kFtz = decltype(ftz)::value;
    if (form.clamp == Clamp::relu) return make.template operator()<F16, kFtz, Clamp::relu>();
    if (form.clamp == Clamp::sat) return make.template operator()<F16, kFtz, Clamp::sat>();
    return make.template operator()<F16, kFtz, Clamp::none>();
  });
}

bool is_pair(Type type) { return type == Type::f16x2 || type == Type::bf16x2; }

template <auto op>
Execute single_or_pair(const Form& form, const Instruction& i) {
  return is_pair(form.type) ? lanewise_of<pairwise<op>>(i) : lanewise_of<op>(i);
}

Execute select_add(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, false, form)) return nullptr;
  return for_form(form, [&]<class H, bool ftz, Clamp clamp>() {
    return single_or_pair<add<H, ftz, clamp>>(form, i);
  });
}

Execute select_sub(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, false, form)) return nullptr;
  return for_form(form, [&]<class H, bool ftz, Clamp clamp>() {
    return single_or_pair<sub<H, ftz, clamp>>(form, i);
  });
}

Execute select_mul(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, false, form)) return nullptr;
  return for_form(form, [&]<class H, bool ftz, Clamp clamp>() {
    return single_or_pair<mul<H, ftz, clamp>>(form, i);
  });
}

Execute select_fma(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, true, form)) return nullptr;
  return for_form(form, [&]<class H, bool ftz, Clamp clamp>() {
    return single_or_pair<fma<H, ftz, clamp>>(form, i);
  });
}

const RegisterOpcode kOpcodes[] = {
    {"add", select_add},
    {"sub", select_sub},
    {"mul", select_mul},
    {"fma", select_fma},
};

}  // namespace
}  // namespace lean::simt
