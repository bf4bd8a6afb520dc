// Makes a kernel of a function: names become columns, addresses and jump targets, instructions get
// the code of their families.
#pragma once

#include <map>
#include <set>
#include <string>

#include "simt/ptx/module.h"
#include "simt/ptx/registers.h"
#include "simt/ptx/syntax.h"

namespace lean::simt {

class Assembler {
 public:
  Assembler(const SyntaxTree& tree, const Function& function, const Module& module, Kernel& kernel);
  void run();

 private:
  // Where an instruction's operands are collected before they have their final place.
  struct Draft {
    size_t first_column = 0;
    int addresses = 0;
    bool jumps = false;
    uint32_t jump = 0;  // index of a statement
    bool resolved = true;
    std::string trouble;
  };

  void lay_out_parameters();
  void lay_out_shared();
  void lay_out_local();
  void assemble(const Statement& statement);
  void resolve(const Statement& statement, const Operand& operand, bool wide, Instruction& made,
               Draft& draft);
  void resolve_name(const Statement& statement, const Operand& operand, bool wide,
                    Instruction& made, Draft& draft);
  void resolve_address(const Statement& statement, const Operand& operand, Instruction& made,
                       Draft& draft);
  bool symbol(const Statement& statement, std::string_view name, uint64_t& address) const;
  bool label(const Statement& statement, std::string_view name, uint32_t& index) const;
  bool table(const Statement& statement, const Operand& operand, Instruction& made);
  Column immediate(const Statement& statement, const Operand& operand, size_t position, bool wide);
  void add(Instruction made, const Draft& draft, const Statement& statement);
  void read_clocks(const Statement& statement, const Operand& operand);
  Place place_of(const Statement& statement) const;
  std::string file_line(const SourceLocation& location) const;
  void finish();

  const SyntaxTree& tree_;
  const Function& function_;
  const Module& module_;
  Kernel& kernel_;
  Registers registers_;
  std::map<std::string, uint64_t, std::less<>> parameters_, shared_, local_;
  std::vector<size_t> first_columns_;  // of each instruction
  std::vector<int64_t> jumps_;         // of each: the statement it goes to, or -1
  std::vector<uint32_t> first_of_;     // of each statement: its first instruction
};

}  // namespace lean::simt
