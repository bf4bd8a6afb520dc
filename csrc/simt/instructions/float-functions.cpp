// ex2, lg2, sin, cos and tanh of .f32 (PTX ISA 9.7.3): approximations by definition, here as exact
// as single precision allows.
#include "simt/instructions/float-functions.h"

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <bool ftz>
float ex2(float a) {
  return operand<ftz>(exp2_of(operand<ftz>(a)));
}

template <bool ftz>
float lg2(float a) {
  return operand<ftz>(log2_of(operand<ftz>(a)));
}

template <bool ftz>
float sin(float a) {
  return result<ftz, false>(std::sin(operand<ftz>(a)));
}

template <bool ftz>
float cos(float a) {
  return result<ftz, false>(std::cos(operand<ftz>(a)));
}

float tanh(float a) { return tanh_of(a); }

// opcode.approx{.ftz}.f32
template <float (*plain)(float), float (*with_ftz)(float)>
Execute select(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool approx = m.take("approx");
  const bool ftz = m.take("ftz");
  const Type type = m.take_type();
  if (!m.done() || !approx || type != Type::f32) return nullptr;
  if (!ftz) return lanewise_of<plain>(i);
  if constexpr (with_ftz != nullptr) return lanewise_of<with_ftz>(i);
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"ex2", select<ex2<false>, ex2<true>>}, {"lg2", select<lg2<false>, lg2<true>>},
    {"sin", select<sin<false>, sin<true>>}, {"cos", select<cos<false>, cos<true>>},
    {"tanh", select<tanh, nullptr>},
};

}  // namespace
}  // namespace lean::simt
