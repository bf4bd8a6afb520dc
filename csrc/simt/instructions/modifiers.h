// Reads the modifiers of an instruction. A family takes those that it knows; what is left over at
// the end is a form that must be refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "simt/instructions/rounding.h"
#include "simt/ptx/spelling.h"

namespace lean::simt {

class Modifiers {
 public:
  explicit Modifiers(const Spelling& spelling) : spelling_(spelling) {}

  // Whether the modifier is there; then it counts as read.
  bool take(std::string_view modifier);
  // The next modifier that is not read yet and names a type, or Type::none.
  Type take_type();
  // .rn, .rz, .rm or .rp.
  std::optional<Rounding> take_rounding();
  // The next modifier of any kind; empty at the end.
  std::string_view take_next();
  bool done() const;

 private:
  const Spelling& spelling_;
  uint32_t taken_ = 0;  // a bit for each modifier
};

}  // namespace lean::simt
