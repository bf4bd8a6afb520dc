#include "simt/ptx/spelling.h"

#include <algorithm>

namespace lean::simt {

bool Spelling::has(std::string_view modifier) const {
  return std::find(modifiers.begin(), modifiers.end(), modifier) != modifiers.end();
}

Type Spelling::type(size_t n) const {
  for (const std::string& modifier : modifiers) {
    const Type found = type_named(modifier);
    if (found == Type::none) continue;
    if (n == 0) return found;
    --n;
  }
  return Type::none;
}

}  // namespace lean::simt
