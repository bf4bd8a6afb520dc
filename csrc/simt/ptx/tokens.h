// PTX text as tokens (PTX ISA 9.0, 4.1 to 4.5).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lean::simt {

struct Token {
  enum class Kind : uint8_t {
    word,       // identifier, register or label: foo, $L__BB0_1, %r1, %tid.x
    directive,  // .reg, .global and the modifiers of instructions, without the dot
    number,     // 12, 0x1fU, 0f3f800000, 1.5
    string,     // without the quotes
    mark,       // one character
    end,
  };
  Kind kind = Kind::end;
  std::string_view text;
  uint32_t line = 0;  // of the PTX, from 1

  bool is(char mark) const { return kind == Kind::mark && text[0] == mark; }
  bool is_directive(std::string_view name) const { return kind == Kind::directive && text == name; }
};

// The last token is of kind `end`. The tokens point into `ptx`.
std::vector<Token> tokenize(std::string_view ptx);

}  // namespace lean::simt
