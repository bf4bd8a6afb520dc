#include <bit>

#include "simt/checks/fault.h"
#include "simt/ptx/parser.h"

namespace lean::simt {
namespace {

// The text between two tokens with blanks collapsed.
std::string text_between(const Token* from, const Token* end) {
  const char* begin = from->text.data() - (from->kind == Token::Kind::directive ? 1 : 0);
  const Token* last = end - 1;
  const char* stop = last->text.data() + last->text.size();
  std::string text;
  for (const char* c = begin; c < stop; ++c) {
    const bool blank = *c == ' ' || *c == '\t' || *c == '\n' || *c == '\r';
    if (!blank) text += *c;
    if (blank && !text.empty() && text.back() != ' ') text += ' ';
  }
  return text;
}

class OperandParser {
 public:
  OperandParser(Cursor& cursor, const Spelling& spelling) : cursor_(cursor), spelling_(spelling) {}

  Operand operand() {
    Operand first = single();
    if (!cursor_.take_if('|')) return first;
    // p|q: a destination and a second one.
    Operand pair;
    pair.kind = Operand::Kind::vector;
    pair.elements.push_back(std::move(first));
    pair.elements.push_back(single());
    return pair;
  }

 private:
  Operand single() {
    if (cursor_.take_if('!')) {
      Operand inner = single();
      inner.negated = true;
      return inner;
    }
    if (cursor_.peek().is('{')) return list('{', '}');
    if (cursor_.peek().is('(')) return list('(', ')');
    if (cursor_.peek().is('[')) return address();
    if (cursor_.peek().kind == Token::Kind::word) return name();
    return immediate();
  }

  Operand list(char open, char close) {
    Operand vector;
    vector.kind = Operand::Kind::vector;
    cursor_.expect(open);
    while (!cursor_.take_if(close)) {
      vector.elements.push_back(operand());
      cursor_.take_if(',');
    }
    return vector;
  }

  int64_t offset() {
    if (cursor_.take_if('+')) return static_cast<int64_t>(cursor_.number());
    if (cursor_.peek().is('-')) return static_cast<int64_t>(cursor_.number());
    return 0;
  }

  Operand address() {
    Operand address;
    address.kind = Operand::Kind::address;
    cursor_.expect('[');
    if (cursor_.peek().kind == Token::Kind::word) {
      address.name = cursor_.take().text;
      address.bits = static_cast<uint64_t>(offset());
    } else {
      address.bits = cursor_.number();
    }
    cursor_.expect(']');
    return address;
  }

  Operand name() {
    Operand named;
    const std::string_view text = cursor_.take().text;
    if (text == "_") return named;
    if (text == "WARP_SZ") {
      named.kind = Operand::Kind::immediate;
      named.bits = 32;
      return named;
    }
    named.kind = Operand::Kind::name;
    named.name = text;
    named.bits = static_cast<uint64_t>(offset());
    return named;
  }

  Operand immediate() {
    Operand value;
    value.kind = Operand::Kind::immediate;
    const size_t ahead = cursor_.peek().is('-') ? 1 : 0;
    bool fraction = false;
    value_of_number(cursor_.peek(ahead).text, fraction);
    value.bits = cursor_.number();
    if (fraction && spelling_.type() == Type::f32) {
      value.bits = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(value.bits)));
    } else if (fraction && spelling_.type() != Type::f64) {
      cursor_.fail("a decimal fraction in an instruction of this type");
    }
    return value;
  }

  Cursor& cursor_;
  const Spelling& spelling_;
};

void parse_guard(Cursor& cursor, Statement& statement) {
  if (!cursor.take_if('@')) return;
  statement.guarded = true;
  statement.guard_negated = cursor.take_if('!');
  statement.guard = cursor.word();
}

}  // namespace

Statement parse_instruction(const Token* from, const Token* semicolon) {
  Statement statement;
  Spelling& spelling = statement.spelling;
  statement.line = from->line;
  spelling.text = text_between(from, semicolon);
  Cursor cursor(from, semicolon);
  try {
    parse_guard(cursor, statement);
    spelling.opcode = cursor.word();
    while (cursor.peek().kind == Token::Kind::directive) {
      spelling.modifiers.emplace_back(cursor.take().text);
    }
    OperandParser operands(cursor, spelling);
    while (!cursor.done()) {
      spelling.operands.push_back(operands.operand());
      if (!cursor.done()) cursor.expect(',');
    }
  } catch (const Fault&) {
    statement.understood = false;
  }
  return statement;
}

}  // namespace lean::simt
