// Makes code of a function, a kernel or what one calls: names become columns, addresses and jump
// targets, instructions get the code of their families.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simt/ptx/link.h"
#include "simt/ptx/module.h"
#include "simt/ptx/registers.h"
#include "simt/ptx/syntax.h"

namespace lean::simt {

class Assembler {
 public:
  // The code goes to the end of what the kernel has.
  Assembler(const SyntaxTree& tree, const Function& function, const Module& module, Unit& unit,
            Kernel& kernel);
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
  void lay_out_local();
  uint32_t lay_out(int32_t scope, const Declaration& variable);
  void assemble(const Statement& statement);
  void assemble_call(const Statement& statement);
  void assemble_return(const Statement& statement);
  std::string trouble_with(const Statement& statement, const CallForm& form, const Linked* callee);
  bool argument_copies(const Statement& statement, const std::vector<Operand>* operands,
                       const std::vector<uint32_t>& offsets,
                       const std::vector<Declaration>& declarations, bool back, uint32_t& index);
  bool names_own_parameters(const Statement& statement) const;
  static Statement with_local(const Statement& statement);
  bool local(int32_t scope, std::string_view name, uint64_t& offset) const;
  bool guard(const Statement& statement, Instruction& made);
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
  Unit& unit_;
  Kernel& kernel_;
  Registers registers_;
  Linked own_;  // of a function
  const uint32_t start_;
  const size_t first_table_;
  std::map<std::string, uint64_t, std::less<>> parameters_;    // of a kernel
  std::map<std::pair<int32_t, std::string>, uint32_t> local_;  // by scope; -1: the function's own
  std::vector<int64_t> jumps_;      // of each instruction: the statement it goes to, or -1
  std::vector<uint32_t> first_of_;  // of each statement: its first instruction
};

}  // namespace lean::simt
