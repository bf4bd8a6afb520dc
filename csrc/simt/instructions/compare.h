// The comparisons of setp and set (PTX ISA 9.7.6 and 9.7.7), of all lanes at once.
#pragma once

#include <array>
#include <optional>

#include "simt/instructions/float-value.h"
#include "simt/instructions/half-value.h"
#include "simt/instructions/modifiers.h"
#include "simt/machine/columns.h"

namespace lean::simt {

// The unordered forms (equ ...) hold also where an operand is NaN.
enum class Compare : uint8_t { eq, ne, lt, le, gt, ge, equ, neu, ltu, leu, gtu, geu, num, nan };

template <Compare compare, class T>
bool holds(T a, T b) {
  // Without branches, so that loops over it vectorize.
  const bool unordered = (a != a) | (b != b);
  switch (compare) {
    case Compare::eq:
      return a == b;
    case Compare::ne:
      return !unordered & (a != b);
    case Compare::lt:
      return a < b;
    case Compare::le:
      return a <= b;
    case Compare::gt:
      return a > b;
    case Compare::ge:
      return a >= b;
    case Compare::equ:
      return unordered | (a == b);
    case Compare::neu:
      return a != b;
    case Compare::ltu:
      return !(a >= b);
    case Compare::leu:
      return !(a > b);
    case Compare::gtu:
      return !(a <= b);
    case Compare::geu:
      return !(a < b);
    case Compare::num:
      return !unordered;
    case Compare::nan:
      return unordered;
  }
  return false;
}

// What is compared: numbers of 16 bits as floats, and with .ftz without subnormals.
template <bool ftz, class T>
auto comparable(T value) {
  if constexpr (std::is_same_v<T, F16> || std::is_same_v<T, Bf16>) {
    return to_float(flushed<ftz>(value));
  } else if constexpr (std::is_same_v<T, float>) {
    return operand<ftz>(value);
  } else {
    return value;
  }
}

// Compares two columns lane by lane. Of pairs, the halves that lie `shift` bits up.
using CompareLanes = Mask (*)(const Warp& warp, Column a, Column b, int shift);

struct Comparison {
  CompareLanes lanes = nullptr;
  bool pair = false;  // f16x2, bf16x2: two results
  // How a predicate c is combined with the result, if it is.
  enum class Combine : uint8_t { none, with_and, with_or, with_xor } combine = Combine::none;

  Mask combined(Mask result, Mask c) const;
};

// Takes comparison, combination and .ftz. The type that is compared is passed to `choose_lanes`.
struct ComparisonForm {
  Compare compare = Compare::eq;
  bool is_unsigned_name = false;  // lo, ls, hi, hs
  bool ftz = false;
  Comparison::Combine combine = Comparison::Combine::none;
};
std::optional<ComparisonForm> take_comparison(Modifiers& modifiers);

// False where the type does not have this comparison.
bool choose_lanes(const ComparisonForm& form, Type type, Comparison& comparison);

}  // namespace lean::simt
