// abs, neg, copysign and testp of .f32 and .f64 (PTX ISA 9.7.3).
#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class T, bool ftz>
T abs(T a) {
  return std::fabs(operand<ftz>(a));
}

template <class T, bool ftz>
T neg(T a) {
  return -operand<ftz>(a);
}

// The sign of a, the rest of b.
template <class T>
T copysign(T a, T b) {
  return std::copysign(b, a);
}

enum class Test : uint32_t { finite, infinite, number, notanumber, normal, subnormal };

template <class T>
bool holds(Test test, T value) {
  switch (test) {
    case Test::finite:
      return std::isfinite(value);
    case Test::infinite:
      return std::isinf(value);
    case Test::number:
      return !std::isnan(value);
    case Test::notanumber:
      return std::isnan(value);
    case Test::normal:
      return std::isnormal(value);
    case Test::subnormal:
      return std::fpclassify(value) == FP_SUBNORMAL;
  }
  return false;
}

template <class T>
Flow testp(Warp& warp, const Instruction& instruction, Mask mask) {
  const auto test = static_cast<Test>(instruction.data[0]);
  const Lanes<T> values = read<T>(warp, instruction.operands[1]);
  Mask bits = 0;
  for (int i = 0; i < kLanes; ++i) bits |= Mask{holds(test, values[i])} << i;
  write_predicate(warp, instruction.operands[0], bits, mask);
  return Flow::next;
}

Execute select_abs(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::f64) return ftz ? nullptr : lanewise_of<abs<double, false>>(i);
  if (type != Type::f32) return nullptr;
  return ftz ? lanewise_of<abs<float, true>>(i) : lanewise_of<abs<float, false>>(i);
}

Execute select_neg(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::f64) return ftz ? nullptr : lanewise_of<neg<double, false>>(i);
  if (type != Type::f32) return nullptr;
  return ftz ? lanewise_of<neg<float, true>>(i) : lanewise_of<neg<float, false>>(i);
}

Execute select_copysign(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done()) return nullptr;
  if (type == Type::f32) return lanewise_of<copysign<float>>(i);
  if (type == Type::f64) return lanewise_of<copysign<double>>(i);
  return nullptr;
}

Execute select_testp(const Spelling& spelling, Instruction& i) {
  constexpr std::string_view kTests[] = {"finite",     "infinite", "number",
                                         "notanumber", "normal",   "subnormal"};
  Modifiers m(spelling);
  const Type type = m.take_type();
  const std::string_view name = m.take_next();
  if (!m.done() || i.operand_count != 2) return nullptr;
  for (uint32_t k = 0; k < std::size(kTests); ++k) {
    if (kTests[k] != name) continue;
    i.data[0] = k;
    if (type == Type::f32) return testp<float>;
    if (type == Type::f64) return testp<double>;
  }
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"abs", select_abs},
    {"neg", select_neg},
    {"copysign", select_copysign},
    {"testp", select_testp},
};

}  // namespace
}  // namespace lean::simt
