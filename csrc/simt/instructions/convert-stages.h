// Conversions to and from floating-point numbers in three steps: any source to double, which is
// exact, or for long integers rounded to odd; then rounding to an integer and clamping; then the
// double to any result. Each step is a loop over the lanes.
#pragma once

#include "simt/instructions/rounding.h"
#include "simt/machine/columns.h"

namespace lean::simt {

struct Conversion {
  Type to = Type::none;
  Type from = Type::none;
  Rounding rounding = Rounding::rn;
  bool to_integral = false;  // rni, rzi, rmi or rpi
  bool ftz = false;
  bool sat = false;
  bool relu = false;
};

using Doubles = Lanes<double>;

// 64-bit integers are left with 53 significant bits, of which the last is set where any after it
// were: enough to be rounded once more, to up to 51 bits.
Doubles read_as_double(const Warp& warp, Column column, Type type, bool ftz);
void round_to_integral(Doubles& values, Rounding rounding);
void write_float(Warp& warp, Column column, const Doubles& values, const Conversion& conversion,
                 Mask mask);
// Clamped to the range of the type, as every conversion to an integer is.
void write_integer(Warp& warp, Column column, const Doubles& values, const Conversion& conversion,
                   Mask mask);

}  // namespace lean::simt
