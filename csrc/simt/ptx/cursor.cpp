#include "simt/ptx/cursor.h"

#include <bit>
#include <cstdlib>

#include "simt/checks/fault.h"

namespace lean::simt {

void Cursor::fail(const std::string& what) const {
  throw Fault(FaultKind::unsupported, "PTX line " + std::to_string(peek().line) + ": " + what +
                                          " at '" + std::string(peek().text) + "'");
}

void Cursor::expect(char mark) {
  if (!take_if(mark)) fail(std::string("expected '") + mark + "'");
}

std::string_view Cursor::word() {
  if (peek().kind != Token::Kind::word) fail("expected a name");
  return take().text;
}

uint64_t Cursor::number() {
  const bool negative = take_if('-');
  if (peek().kind != Token::Kind::number) fail("expected a number");
  bool fraction = false;
  const uint64_t value = value_of_number(take().text, fraction);
  if (!negative) return value;
  return fraction ? value ^ (uint64_t{1} << 63) : uint64_t{0} - value;
}

void Cursor::skip_line() {
  const uint32_t line = peek().line;
  while (!done() && peek().line == line) take();
}

void Cursor::skip_braces() {
  int depth = 0;
  do {
    if (done()) fail("missing '}'");
    if (peek().is('{')) ++depth;
    if (peek().is('}')) --depth;
    take();
  } while (depth > 0);
}

uint64_t value_of_number(std::string_view text, bool& fraction) {
  const std::string copy(text);
  fraction = false;
  if (copy.size() > 2 && copy[0] == '0') {
    const char kind = copy[1];
    if (kind == 'f' || kind == 'F' || kind == 'd' || kind == 'D') {
      return std::strtoull(copy.c_str() + 2, nullptr, 16);
    }
    if (kind == 'b' || kind == 'B') return std::strtoull(copy.c_str() + 2, nullptr, 2);
    if (kind == 'x' || kind == 'X') return std::strtoull(copy.c_str(), nullptr, 16);
  }
  if (copy.find_first_of(".eE") != std::string::npos) {
    fraction = true;
    return std::bit_cast<uint64_t>(std::strtod(copy.c_str(), nullptr));
  }
  return std::strtoull(copy.c_str(), nullptr, 0);
}

}  // namespace lean::simt
