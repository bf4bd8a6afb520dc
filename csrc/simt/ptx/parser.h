// Parts of the parser that several files share.
#pragma once

#include "simt/ptx/cursor.h"
#include "simt/ptx/syntax.h"

namespace lean::simt {

// One instruction between `from` and its semicolon; guard included. Never throws: what it does not
// understand is marked, so that the rest of the file stays usable.
Statement parse_instruction(const Token* from, const Token* semicolon);

// .align, type, name, [size], = values, up to but not including ';', ',' or ')'. `space` is taken
// already.
Declaration parse_declaration(Cursor& cursor, std::string_view space);

// A function's body, from its '{' to its '}'.
class BodyParser {
 public:
  BodyParser(SyntaxTree& tree, Function& function) : tree_(tree), function_(function) {}
  void parse(Cursor& cursor);

 private:
  void open();
  void directive(Cursor& cursor);
  void registers(Cursor& cursor);
  void location(Cursor& cursor);
  void label(Cursor& cursor);
  Scope& scope() { return function_.scopes[current_]; }

  SyntaxTree& tree_;
  Function& function_;
  int32_t current_ = -1;
  int32_t location_ = -1;
  std::map<std::string, int32_t> last_location_;  // by "file line column"
};

}  // namespace lean::simt
