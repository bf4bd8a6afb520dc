// Reads tokens one after another, for the parser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simt/ptx/tokens.h"

namespace lean::simt {

class Cursor {
 public:
  Cursor(const Token* from, const Token* end) : at_(from), end_(end) {}

  // Past the end, the last token again.
  const Token& peek(size_t ahead = 0) const { return at_ + ahead < end_ ? at_[ahead] : *end_; }
  bool done() const { return at_ >= end_; }
  const Token& take() {
    const Token& token = peek();
    if (!done()) ++at_;
    return token;
  }
  bool take_if(char mark) {
    const bool is = peek().is(mark);
    if (is) take();
    return is;
  }
  void expect(char mark);
  std::string_view word();
  // An integer or the bits of a floating-point constant, with its sign.
  uint64_t number();
  const Token* position() const { return at_; }
  void skip_line();
  // What `open` was the first token of, to its closing partner.
  void skip_braces();
  [[noreturn]] void fail(const std::string& what) const;

 private:
  const Token* at_;
  const Token* end_;
};

// The value of a number token. A decimal fraction becomes a double's bits; `fraction` says so.
uint64_t value_of_number(std::string_view text, bool& fraction);

}  // namespace lean::simt
