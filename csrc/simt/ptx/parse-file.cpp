#include <cstdlib>

#include "simt/checks/fault.h"
#include "simt/ptx/parser.h"

namespace lean::simt {
namespace {

constexpr double kNewestVersion = 9.2;

class FileParser {
 public:
  explicit FileParser(std::string_view ptx) : tokens_(tokenize(ptx)) {}

  SyntaxTree parse() {
    Cursor cursor(tokens_.data(), tokens_.data() + tokens_.size() - 1);
    while (!cursor.done()) top_level(cursor);
    return std::move(tree_);
  }

 private:
  void top_level(Cursor& cursor) {
    if (cursor.take_if(';')) return;
    if (cursor.peek().kind == Token::Kind::word && cursor.peek(1).is(':')) {
      // The label of a table of strings; what follows is data for debuggers.
      cursor.take();
      cursor.take();
      return;
    }
    if (cursor.peek().kind != Token::Kind::directive) cursor.fail("expected a directive");
    const std::string_view word = cursor.take().text;
    if (word == "version") return version(cursor);
    if (word == "target") return target(cursor);
    if (word == "address_size") return address_size(cursor);
    if (word == "file") return file(cursor);
    if (word == "section") return section(cursor);
    if (word == "pragma" || word == "alias") return skip_statement(cursor);
    if (word == "visible" || word == "weak" || word == "common") return;
    if (word == "extern") {
      external_ = true;
      return;
    }
    if (word == "entry" || word == "func") {
      function(cursor, word == "entry");
    } else if (word == "global" || word == "const" || word == "shared") {
      variables(cursor, word);
    } else {
      cursor.fail("unknown directive ." + std::string(word));
    }
    external_ = false;
  }

  void version(Cursor& cursor) {
    const double version = std::atof(std::string(cursor.take().text).c_str());
    if (version > kNewestVersion) {
      cursor.fail("PTX of version " + std::to_string(version).substr(0, 3) +
                  ", newer than the interpreter knows,");
    }
  }

  void target(Cursor& cursor) {
    const uint32_t line = cursor.peek().line;
    tree_.target = cursor.word();
    while (!cursor.done() && cursor.peek().line == line) cursor.take();
    const int number = std::atoi(tree_.target.c_str() + 3);
    if (tree_.target.rfind("sm_", 0) != 0 || number < 50 || number > 103) {
      cursor.fail("unknown target " + tree_.target);
    }
  }

  void address_size(Cursor& cursor) {
    if (cursor.number() != 64) cursor.fail("addresses that are not of 64 bits");
  }

  void file(Cursor& cursor) {
    const uint32_t line = cursor.peek().line;
    const auto number = static_cast<uint32_t>(cursor.number());
    std::string name(cursor.take().text);
    tree_.files[number] = name.substr(name.rfind('/') + 1);
    while (!cursor.done() && cursor.peek().line == line) cursor.take();
  }

  // .section .debug_str { ... }
  void section(Cursor& cursor) {
    while (!cursor.peek().is('{')) cursor.take();
    cursor.skip_braces();
  }

  void skip_statement(Cursor& cursor) {
    while (!cursor.done() && !cursor.take_if(';')) cursor.take();
  }

  void variables(Cursor& cursor, std::string_view space) {
    do {
      Declaration declared = parse_declaration(cursor, space);
      declared.external = external_;
      tree_.variables.push_back(std::move(declared));
    } while (cursor.take_if(','));
    cursor.expect(';');
  }

  void parameters(Cursor& cursor, std::vector<Declaration>& declarations) {
    cursor.expect('(');
    while (!cursor.take_if(')')) {
      const std::string_view space = cursor.take().text;
      declarations.push_back(parse_declaration(cursor, space));
      cursor.take_if(',');
    }
  }

  void three(Cursor& cursor, uint32_t (&values)[3]) {
    for (uint32_t& value : values) value = 1;
    values[0] = static_cast<uint32_t>(cursor.number());
    for (int i = 1; i < 3 && cursor.take_if(','); ++i) {
      values[i] = static_cast<uint32_t>(cursor.number());
    }
  }

  // What stands between the parameters and the body (PTX ISA 9.0, 11.4).
  void tuning(Cursor& cursor, Function& function) {
    const std::string_view word = cursor.take().text;
    uint32_t values[3];
    if (word == "maxntid") {
      three(cursor, values);
      function.max_threads = values[0] * values[1] * values[2];
    } else if (word == "reqntid") {
      three(cursor, function.required_threads);
      function.max_threads = function.required_threads[0] * function.required_threads[1] *
                             function.required_threads[2];
    } else if (word == "reqnctapercluster") {
      three(cursor, function.required_cluster);
    } else if (word == "explicitcluster") {
      function.explicit_cluster = true;
    } else if (word == "pragma") {
      skip_statement(cursor);
    } else {
      // .minnctapersm, .maxnreg, .noreturn: of no consequence here.
      while (cursor.peek().kind == Token::Kind::number || cursor.peek().is(',')) cursor.take();
    }
  }

  void function(Cursor& cursor, bool entry) {
    Function function;
    function.entry = entry;
    if (cursor.peek().is_directive("attribute")) {
      while (!cursor.take_if(')')) cursor.take();
    }
    if (!entry && cursor.peek().is('(')) parameters(cursor, function.results);
    function.name = cursor.word();
    if (cursor.peek().is('(')) parameters(cursor, function.parameters);
    while (cursor.peek().kind == Token::Kind::directive) tuning(cursor, function);
    if (cursor.peek().is('{')) {
      function.defined = true;
      BodyParser(tree_, function).parse(cursor);
    } else {
      cursor.expect(';');
    }
    tree_.functions.push_back(std::move(function));
  }

  std::vector<Token> tokens_;
  SyntaxTree tree_;
  bool external_ = false;
};

}  // namespace

SyntaxTree parse_syntax(std::string_view ptx) { return FileParser(ptx).parse(); }

}  // namespace lean::simt
