#include "simt/instructions/modifiers.h"

namespace lean::simt {

bool Modifiers::take(std::string_view modifier) {
  for (size_t i = 0; i < spelling_.modifiers.size(); ++i) {
    if ((taken_ >> i & 1) || spelling_.modifiers[i] != modifier) continue;
    taken_ |= 1u << i;
    return true;
  }
  return false;
}

Type Modifiers::take_type() {
  for (size_t i = 0; i < spelling_.modifiers.size(); ++i) {
    const Type type = type_named(spelling_.modifiers[i]);
    if ((taken_ >> i & 1) || type == Type::none) continue;
    taken_ |= 1u << i;
    return type;
  }
  return Type::none;
}

std::optional<Rounding> Modifiers::take_rounding() {
  if (take("rn")) return Rounding::rn;
  if (take("rz")) return Rounding::rz;
  if (take("rm")) return Rounding::rm;
  if (take("rp")) return Rounding::rp;
  return std::nullopt;
}

std::string_view Modifiers::take_next() {
  for (size_t i = 0; i < spelling_.modifiers.size(); ++i) {
    if (taken_ >> i & 1) continue;
    taken_ |= 1u << i;
    return spelling_.modifiers[i];
  }
  return {};
}

bool Modifiers::done() const {
  // More than there are bits: no form has so many.
  if (spelling_.modifiers.size() > 31) return false;
  return taken_ == (1u << spelling_.modifiers.size()) - 1;
}

}  // namespace lean::simt
