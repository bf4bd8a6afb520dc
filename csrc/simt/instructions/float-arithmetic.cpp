// add, sub, mul, fma and mad of .f32 and .f64 (PTX ISA 9.7.3).
#include "simt/instructions/dispatch.h"
#include "simt/instructions/float-value.h"
#include "simt/instructions/lanewise.h"
#include "simt/instructions/modifiers.h"

namespace lean::simt {
namespace {

template <class T, bool ftz, bool sat>
T add(T a, T b) {
  return result<ftz, sat>(operand<ftz>(a) + operand<ftz>(b));
}

template <class T, bool ftz, bool sat>
T sub(T a, T b) {
  return result<ftz, sat>(operand<ftz>(a) - operand<ftz>(b));
}

template <class T, bool ftz, bool sat>
T mul(T a, T b) {
  return result<ftz, sat>(operand<ftz>(a) * operand<ftz>(b));
}

template <class T, bool ftz, bool sat>
T fma(T a, T b, T c) {
  return result<ftz, sat>(std::fma(operand<ftz>(a), operand<ftz>(b), operand<ftz>(c)));
}

struct Form {
  Rounding rounding;
  bool ftz;
  bool sat;
  Type type;
};

// False where something else is written, or what double precision does not have.
bool read_form(const Spelling& spelling, bool needs_rounding, Form& form) {
  Modifiers m(spelling);
  const auto rounding = m.take_rounding();
  form.rounding = rounding.value_or(Rounding::rn);
  form.ftz = m.take("ftz");
  form.sat = m.take("sat");
  form.type = m.take_type();
  if (!m.done() || (needs_rounding && !rounding)) return false;
  if (form.type == Type::f64) return !form.ftz && !form.sat;
  return form.type == Type::f32;
}

// `make` is called with the rounding, and for single precision with the two flags.
template <class Make>
Execute for_form(const Form& form, Make make) {
  return for_rounding(form.rounding, [&](auto rounding) {
    constexpr Rounding kRounding = rounding;
    if (form.type == Type::f64) return make.template operator()<double, kRounding, false, false>();
    return for_flag(form.ftz, [&](auto ftz) {
      return for_flag(form.sat, [&](auto sat) {
        return make
            .template operator()<float, kRounding, decltype(ftz)::value, decltype(sat)::value>();
      });
    });
  });
}

Execute select_add(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, false, form)) return nullptr;
  return for_form(form, [&]<class T, Rounding rounding, bool ftz, bool sat>() {
    return lanewise_of<add<T, ftz, sat>, rounding>(i);
  });
}

Execute select_sub(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, false, form)) return nullptr;
  return for_form(form, [&]<class T, Rounding rounding, bool ftz, bool sat>() {
    return lanewise_of<sub<T, ftz, sat>, rounding>(i);
  });
}

Execute select_mul(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, false, form)) return nullptr;
  return for_form(form, [&]<class T, Rounding rounding, bool ftz, bool sat>() {
    return lanewise_of<mul<T, ftz, sat>, rounding>(i);
  });
}

// mad is fma on every device since sm_20.
Execute select_fma(const Spelling& spelling, Instruction& i) {
  Form form;
  if (!read_form(spelling, true, form)) return nullptr;
  return for_form(form, [&]<class T, Rounding rounding, bool ftz, bool sat>() {
    return lanewise_of<fma<T, ftz, sat>, rounding>(i);
  });
}

const RegisterOpcode kOpcodes[] = {
    {"add", select_add}, {"sub", select_sub}, {"mul", select_mul},
    {"fma", select_fma}, {"mad", select_fma},
};

}  // namespace
}  // namespace lean::simt
