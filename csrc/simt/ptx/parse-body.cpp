#include "simt/ptx/parser.h"

namespace lean::simt {

void BodyParser::open() {
  function_.scopes.push_back({});
  function_.scopes.back().parent = current_;
  current_ = static_cast<int32_t>(function_.scopes.size()) - 1;
}

void BodyParser::parse(Cursor& cursor) {
  cursor.expect('{');
  open();
  while (current_ >= 0) {
    const Token& token = cursor.peek();
    if (token.kind == Token::Kind::end) cursor.fail("missing '}'");
    if (cursor.take_if('{')) {
      open();
    } else if (cursor.take_if('}')) {
      current_ = scope().parent;
    } else if (cursor.take_if(';')) {
      continue;
    } else if (token.kind == Token::Kind::directive) {
      directive(cursor);
    } else if (token.kind == Token::Kind::word && cursor.peek(1).is(':')) {
      label(cursor);
    } else {
      const Token* from = cursor.position();
      while (!cursor.peek().is(';')) {
        if (cursor.peek().kind == Token::Kind::end) cursor.fail("missing ';'");
        cursor.take();
      }
      Statement statement = parse_instruction(from, cursor.position());
      statement.scope = current_;
      statement.location = location_;
      function_.statements.push_back(std::move(statement));
    }
  }
}

void BodyParser::label(Cursor& cursor) {
  const std::string name(cursor.word());
  cursor.expect(':');
  const Token& next = cursor.peek();
  const bool branches = next.is_directive("branchtargets");
  if (!branches && !next.is_directive("calltargets") && !next.is_directive("callprototype")) {
    scope().labels[name] = static_cast<uint32_t>(function_.statements.size());
    return;
  }
  cursor.take();
  std::vector<std::string> targets;
  while (!cursor.take_if(';')) {
    const Token& token = cursor.take();
    if (token.kind == Token::Kind::end) cursor.fail("missing ';'");
    if (token.kind == Token::Kind::word) targets.emplace_back(token.text);
  }
  if (branches) scope().tables[name] = std::move(targets);
}

void BodyParser::directive(Cursor& cursor) {
  const Token& token = cursor.take();
  if (token.text == "loc") return location(cursor);
  if (token.text == "reg") return registers(cursor);
  if (token.text == "shared" || token.text == "local" || token.text == "param") {
    do {
      Declaration declared = parse_declaration(cursor, token.text);
      std::string name = declared.name;
      // name<4>: as many variables.
      if (cursor.take_if('<')) {
        const uint64_t count = cursor.number();
        cursor.expect('>');
        for (uint64_t i = 0; i < count; ++i) {
          declared.name = name + std::to_string(i);
          scope().variables[declared.name] = declared;
        }
      } else {
        scope().variables[std::move(name)] = std::move(declared);
      }
    } while (cursor.take_if(','));
    return cursor.expect(';');
  }
  if (token.text == "pragma") {
    while (!cursor.take_if(';')) cursor.take();
    return;
  }
  if (token.text == "file") return cursor.skip_line();
  cursor.fail("unknown directive ." + std::string(token.text));
}

// .reg .b32 %r<23>;  .reg .pred p, q;
void BodyParser::registers(Cursor& cursor) {
  const Type type = type_named(cursor.take().text);
  if (type == Type::none) cursor.fail("registers of an unknown type");
  do {
    const std::string name(cursor.word());
    if (cursor.take_if('<')) {
      const auto count = static_cast<uint32_t>(cursor.number());
      cursor.expect('>');
      scope().ranges.push_back({name, count, type});
    } else {
      scope().registers[name] = type;
    }
  } while (cursor.take_if(','));
  cursor.expect(';');
}

// .loc file line column [, function_name label [+ offset], inlined_at file line column]
void BodyParser::location(Cursor& cursor) {
  const uint32_t own_line = cursor.peek().line;
  const auto three = [&] {
    SourceLocation place;
    place.file = static_cast<uint32_t>(cursor.number());
    place.line = static_cast<uint32_t>(cursor.number());
    place.column = static_cast<uint32_t>(cursor.number());
    return place;
  };
  const auto key = [](const SourceLocation& place) {
    return std::to_string(place.file) + ' ' + std::to_string(place.line) + ' ' +
           std::to_string(place.column);
  };
  SourceLocation place = three();
  while (!cursor.done() && cursor.peek().line == own_line) {
    const bool inlined = cursor.take().text == "inlined_at";
    if (!inlined) continue;
    const SourceLocation caller = three();
    const auto known = last_location_.find(key(caller));
    if (known != last_location_.end()) {
      place.caller = known->second;
    } else {
      place.caller = static_cast<int32_t>(tree_.locations.size());
      tree_.locations.push_back(caller);
    }
  }
  // Line 0: code that belongs to no line; the one before says more.
  if (place.line == 0) return;
  location_ = static_cast<int32_t>(tree_.locations.size());
  tree_.locations.push_back(place);
  last_location_[key(place)] = location_;
}

}  // namespace lean::simt
