#include "simt/ptx/parser.h"

namespace lean::simt {
namespace {

using Value = Declaration::Value;

// A number, name, name+number, generic(name) or generic(name)+number (PTX ISA 9.0, 5.4.4).
Value parse_value(Cursor& cursor) {
  Value value;
  if (cursor.peek().kind != Token::Kind::word) {
    value.bits = cursor.number();
    return value;
  }
  std::string_view name = cursor.word();
  if (name == "generic" && cursor.take_if('(')) {
    name = cursor.word();
    cursor.expect(')');
  }
  value.symbol = name;
  if (cursor.take_if('+') || cursor.peek().is('-')) value.bits = cursor.number();
  return value;
}

void parse_values(Cursor& cursor, std::vector<Value>& values) {
  if (!cursor.take_if('{')) {
    values.push_back(parse_value(cursor));
    return;
  }
  while (!cursor.take_if('}')) {
    parse_values(cursor, values);
    cursor.take_if(',');
  }
}

}  // namespace

Declaration parse_declaration(Cursor& cursor, std::string_view space) {
  Declaration declared;
  declared.space = space;
  uint64_t vector = 1;
  while (cursor.peek().kind == Token::Kind::directive) {
    const std::string_view word = cursor.take().text;
    if (word == "align") {
      declared.align = cursor.number();
    } else if (word == "v2" || word == "v4" || word == "v8") {
      vector = static_cast<uint64_t>(word[1] - '0');
    } else if (word == "attribute") {
      cursor.expect('(');
      while (!cursor.take_if(')')) cursor.take();
    } else if (type_named(word) != Type::none) {
      declared.type = type_named(word);
    }
    // .ptr .global, .shared and so on say what a parameter points to.
  }
  declared.name = cursor.word();
  const auto element = static_cast<uint64_t>(size_of(declared.type)) * vector;
  declared.align = std::max<uint64_t>(declared.align, element == 0 ? 1 : element);
  declared.bytes = element;
  while (cursor.take_if('[')) {
    if (cursor.peek().is(']')) {
      declared.sized = false;
      declared.bytes = 0;
    } else {
      declared.bytes *= cursor.number();
    }
    cursor.expect(']');
  }
  if (cursor.take_if('=')) {
    parse_values(cursor, declared.values);
    if (!declared.sized) {
      declared.bytes = declared.values.size() * element;
      declared.sized = true;
    }
  }
  return declared;
}

}  // namespace lean::simt
