// abs, neg, min, max, ex2 and tanh of .f16, .bf16 and pairs of them (PTX ISA 9.7.3 and 9.7.4).
#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-functions.h"
#include "simt/instructions/float-order.h"
#include "simt/instructions/half-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/packed.h"

namespace lean::simt {
namespace {

template <class H, bool ftz>
[[gnu::always_inline]] inline H abs(H a) {
  return {static_cast<uint16_t>(flushed<ftz>(a).bits & 0x7fff)};
}

template <class H, bool ftz>
[[gnu::always_inline]] inline H neg(H a) {
  return {static_cast<uint16_t>(flushed<ftz>(a).bits ^ 0x8000)};
}

template <class H, bool maximum, bool ftz, bool nan, bool xorsign>
[[gnu::always_inline]] inline H order(H a, H b) {
  const float x = to_float(flushed<ftz>(a));
  const float y = to_float(flushed<ftz>(b));
  return round_to<H>(lean::simt::order<float, maximum, false, nan, xorsign>(x, y));
}

template <class H, bool ftz>
[[gnu::always_inline]] inline H ex2(H a) {
  return flushed<ftz>(round_to<H>(exp2_of(to_float(flushed<ftz>(a)))));
}

template <class H>
H tanh(H a) {
  return round_to<H>(std::tanh(to_float(a)));
}

bool is_pair(Type type) { return type == Type::f16x2 || type == Type::bf16x2; }
bool is_f16(Type type) { return type == Type::f16 || type == Type::f16x2; }
bool is_bf16(Type type) { return type == Type::bf16 || type == Type::bf16x2; }

template <auto op>
Execute single_or_pair(Type type, const Instruction& i) {
  return is_pair(type) ? lanewise_of<pairwise<op>>(i) : lanewise_of<op>(i);
}

// ftz is for .f16 alone.
Execute select_abs(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (is_bf16(type)) return ftz ? nullptr : single_or_pair<abs<Bf16, false>>(type, i);
  if (!is_f16(type)) return nullptr;
  return ftz ? single_or_pair<abs<F16, true>>(type, i) : single_or_pair<abs<F16, false>>(type, i);
}

Execute select_neg(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (is_bf16(type)) return ftz ? nullptr : single_or_pair<neg<Bf16, false>>(type, i);
  if (!is_f16(type)) return nullptr;
  return ftz ? single_or_pair<neg<F16, true>>(type, i) : single_or_pair<neg<F16, false>>(type, i);
}

template <bool maximum>
Execute select_order(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const bool nan = m.take("NaN");
  const bool xorsign = m.take("xorsign");
  const bool abs = m.take("abs");
  const Type type = m.take_type();
  if (!m.done() || xorsign != abs || (ftz && is_bf16(type))) return nullptr;
  return for_flag(nan, [&](auto n) {
    return for_flag(xorsign, [&](auto x) -> Execute {
      constexpr bool kNan = n;
      constexpr bool kXorsign = x;
      if (is_bf16(type)) {
        return single_or_pair<order<Bf16, maximum, false, kNan, kXorsign>>(type, i);
      }
      if (!is_f16(type)) return nullptr;
      return ftz ? single_or_pair<order<F16, maximum, true, kNan, kXorsign>>(type, i)
                 : single_or_pair<order<F16, maximum, false, kNan, kXorsign>>(type, i);
    });
  });
}

// ex2.approx.f16, ex2.approx.ftz.bf16
Execute select_ex2(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done() || !approx) return nullptr;
  if (is_f16(type) && !ftz) return single_or_pair<ex2<F16, false>>(type, i);
  if (is_bf16(type) && ftz) return single_or_pair<ex2<Bf16, true>>(type, i);
  return nullptr;
}

Execute select_tanh(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const Type type = m.take_type();
  if (!m.done() || !approx) return nullptr;
  if (is_f16(type)) return single_or_pair<tanh<F16>>(type, i);
  if (is_bf16(type)) return single_or_pair<tanh<Bf16>>(type, i);
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"abs", select_abs},         {"neg", select_neg}, {"min", select_order<false>},
    {"max", select_order<true>}, {"ex2", select_ex2}, {"tanh", select_tanh},
};

}  // namespace
}  // namespace lean::simt
