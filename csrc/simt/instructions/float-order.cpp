// min and max of .f32 and .f64 (PTX ISA 9.7.3). With three operands they belong to later devices.
#include "simt/instructions/float-order.h"

#include "simt/instructions/dispatch.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <bool maximum>
Execute select(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool ftz = m.take("ftz");
  const bool nan = m.take("NaN");
  const bool xorsign = m.take("xorsign");
  const bool abs = m.take("abs");
  const Type type = m.take_type();
  if (!m.done() || xorsign != abs) return nullptr;
  if (type == Type::f64) {
    if (ftz || nan || xorsign) return nullptr;
    return lanewise_of<order<double, maximum, false, false, false>>(i);
  }
  if (type != Type::f32) return nullptr;
  return for_flag(ftz, [&](auto f) {
    return for_flag(nan, [&](auto n) {
      return for_flag(xorsign, [&](auto x) {
        return lanewise_of<
            order<float, maximum, decltype(f)::value, decltype(n)::value, decltype(x)::value>>(i);
      });
    });
  });
}

const RegisterOpcode kOpcodes[] = {{"min", select<false>}, {"max", select<true>}};

}  // namespace
}  // namespace lean::simt
