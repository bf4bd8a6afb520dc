// selp and slct (PTX ISA 9.7.7).
#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

// d = p ? a : b
template <class U>
Flow selp(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  Lanes<Cell<U>> scratch[2];
  const Cell<U>* a = cells<U>(warp, operands[1], scratch[0]);
  const Cell<U>* b = cells<U>(warp, operands[2], scratch[1]);
  const Mask p = read_predicate(warp, operands[3]);
  if (is_native<U>(operands[0]) && !operands[0].sink) [[likely]] {
    auto* to = reinterpret_cast<Cell<U>*>(warp.registers + operands[0].offset);
    put(to, mask, [=](int i) { return static_cast<U>((p >> i & 1) ? a[i] : b[i]); });
    return Flow::next;
  }
  Lanes<U> results;
  for (int i = 0; i < kLanes; ++i) results[i] = static_cast<U>((p >> i & 1) ? a[i] : b[i]);
  write(warp, operands[0], results, mask);
  return Flow::next;
}

template <class U>
U slct_integer(U a, U b, int32_t c) {
  return c >= 0 ? a : b;
}

// NaN chooses b.
template <class U, bool ftz>
U slct_float(U a, U b, float c) {
  return operand<ftz>(c) >= 0 ? a : b;
}

// By the size of the type that is moved.
template <class Make>
Execute for_size(Type type, Make make) {
  if (is_integer(type) || type == Type::f32 || type == Type::f64) {
    if (size_of(type) == 2) return make.template operator()<uint16_t>();
    if (size_of(type) == 4) return make.template operator()<uint32_t>();
    if (size_of(type) == 8) return make.template operator()<uint64_t>();
  }
  return nullptr;
}

Execute select_selp(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  if (!m.done() || i.operand_count != 4) return nullptr;
  return for_size(type, [&]<class U>() -> Execute { return selp<U>; });
}

Execute select_slct(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  const Type by = m.take_type();
  if (!m.done() || (ftz && by != Type::f32)) return nullptr;
  return for_size(type, [&]<class U>() -> Execute {
    if (by == Type::s32) return lanewise_of<slct_integer<U>>(i);
    if (by != Type::f32) return nullptr;
    return ftz ? lanewise_of<slct_float<U, true>>(i) : lanewise_of<slct_float<U, false>>(i);
  });
}

const RegisterOpcode kOpcodes[] = {{"selp", select_selp}, {"slct", select_slct}};

}  // namespace
}  // namespace lean::simt
