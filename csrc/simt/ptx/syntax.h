// What the parser makes of a file: names as written, nothing resolved.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simt/ptx/spelling.h"

namespace lean::simt {

// .loc: a place in the source, and where that was inlined.
struct SourceLocation {
  uint32_t file = 0, line = 0, column = 0;
  int32_t caller = -1;  // index of another location
};

struct Statement {
  Spelling spelling;
  bool understood = true;  // false: its operands are written in a way that the parser does not know
  bool guarded = false;
  bool guard_negated = false;
  std::string guard;
  int32_t scope = 0;
  int32_t location = -1;  // index of a SourceLocation
  uint32_t line = 0;      // of the PTX
};

// A variable of any state space, parameters too.
struct Declaration {
  std::string name;
  std::string space;  // "shared", "global", "const", "local", "param"
  Type type = Type::none;
  uint64_t align = 1;
  uint64_t bytes = 0;
  bool external = false;
  bool sized = true;  // false: name[]
  struct Value {
    uint64_t bits = 0;
    std::string symbol;  // its address plus `bits`
  };
  std::vector<Value> values;  // of the elements, in order
};

struct RegisterRange {
  std::string prefix;  // %r of .reg .b32 %r<23>
  uint32_t count = 0;
  Type type = Type::none;
};

// A pair of braces. Names are looked for in the innermost scope first.
struct Scope {
  int32_t parent = -1;
  std::map<std::string, Type, std::less<>> registers;
  std::vector<RegisterRange> ranges;
  std::map<std::string, uint32_t, std::less<>> labels;  // index of the statement that follows
  std::map<std::string, std::vector<std::string>, std::less<>> tables;  // .branchtargets
  std::map<std::string, Declaration, std::less<>> variables;
};

struct Function {
  std::string name;
  bool entry = false;
  bool defined = false;              // has a body
  std::vector<Declaration> results;  // of a .func
  std::vector<Declaration> parameters;
  uint32_t max_threads = 1024;
  uint32_t required_threads[3] = {0, 0, 0};
  uint32_t required_cluster[3] = {0, 0, 0};
  bool explicit_cluster = false;
  std::vector<Statement> statements;
  std::deque<Scope> scopes;
};

struct SyntaxTree {
  std::string target;
  std::vector<Function> functions;
  std::vector<Declaration> variables;
  std::map<uint32_t, std::string> files;
  std::vector<SourceLocation> locations;
};

// Throws Fault(unsupported) where the text is not PTX of a version that is known.
SyntaxTree parse_syntax(std::string_view ptx);

}  // namespace lean::simt
