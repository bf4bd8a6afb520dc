// One instruction as it is written, before anything is resolved: what the parser makes of a
// statement, and what a family of instructions looks at to choose its code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simt/ptx/type.h"

namespace lean::simt {

struct Operand {
  enum class Kind : uint8_t {
    name,       // a register, special register, variable, label or function
    immediate,  // `bits`: an integer, or the bits of a floating-point constant
    address,    // [name + bits] or [bits]; `name` may be empty
    vector,     // {a, b, ...}, and p|q of setp, shfl and match: `elements`
    sink,       // _
  };
  Kind kind = Kind::sink;
  bool negated = false;  // !p
  std::string name;
  uint64_t bits = 0;
  std::vector<Operand> elements;
};

struct Spelling {
  std::string text;                    // the whole statement, for messages
  std::string opcode;                  // "mad"
  std::vector<std::string> modifiers;  // {"lo", "s32"}
  std::vector<Operand> operands;       // in the order written

  bool has(std::string_view modifier) const;
  // The n-th type among the modifiers, Type::none where there are fewer.
  Type type(size_t n = 0) const;
};

}  // namespace lean::simt
