#include "simt/ptx/assembler.h"

#include "simt/machine/codes.h"

namespace lean::simt {
namespace {

template <class Number>
Number align_up(Number value, uint64_t alignment) {
  return static_cast<Number>((value + alignment - 1) / alignment * alignment);
}

// Do immediates of the instruction stand in cells of 8 bytes? A wide column can be read as 4 bytes
// a lane too, but not the other way round.
bool has_wide_immediates(const Spelling& spelling) {
  if (spelling.has("wide")) return true;
  for (size_t i = 0; spelling.type(i) != Type::none; ++i) {
    if (size_of(spelling.type(i)) >= 8) return true;
  }
  return false;
}

}  // namespace

Assembler::Assembler(const SyntaxTree& tree, const Function& function, const Module& module,
                     Unit& unit, Kernel& kernel)
    : tree_(tree),
      function_(function),
      module_(module),
      unit_(unit),
      kernel_(kernel),
      registers_(function, kernel),
      start_(static_cast<uint32_t>(kernel.code.size())),
      first_table_(kernel.branch_tables.size()) {}

void Assembler::run() {
  if (function_.entry) {
    kernel_.entry = start_;
    lay_out_parameters();
  } else {
    own_.start = start_;
    own_.function = &function_;
    own_.back = registers_.nameless(Type::b32);
    for (const Declaration& each : function_.results) own_.results.push_back(lay_out(-1, each));
    for (const Declaration& each : function_.parameters) {
      own_.parameters.push_back(lay_out(-1, each));
    }
  }
  lay_out_local();
  for (const Statement& statement : function_.statements) {
    first_of_.push_back(static_cast<uint32_t>(kernel_.code.size()));
    assemble(statement);
  }
  // Whoever runs past the end, returns.
  first_of_.push_back(static_cast<uint32_t>(kernel_.code.size()));
  Statement end;
  end.spelling.opcode = end.spelling.text = "ret";
  assemble(end);
  finish();
  // From now on it can be called: not by itself, nor by what it calls.
  if (!function_.entry) unit_.functions[function_.name] = own_;
}

void Assembler::lay_out_parameters() {
  for (const Declaration& each : function_.parameters) {
    const uint32_t offset = align_up(kernel_.parameter_bytes, each.align);
    kernel_.parameters.push_back({each.name, offset, static_cast<uint32_t>(each.bytes)});
    kernel_.parameter_bytes = offset + static_cast<uint32_t>(each.bytes);
    parameters_[each.name] = offset;
  }
}

uint32_t Assembler::lay_out(int32_t scope, const Declaration& variable) {
  const uint32_t offset = align_up(kernel_.local_bytes, variable.align);
  local_[{scope, variable.name}] = offset;
  kernel_.local_bytes = offset + static_cast<uint32_t>(variable.bytes);
  return offset;
}

// Local variables, and those that hold the arguments and results of calls.
void Assembler::lay_out_local() {
  for (size_t i = 0; i < function_.scopes.size(); ++i) {
    for (const auto& [name, variable] : function_.scopes[i].variables) {
      if (variable.space == "shared") continue;
      lay_out(static_cast<int32_t>(i), variable);
    }
  }
}

void Assembler::assemble(const Statement& statement) {
  const Spelling& spelling = statement.spelling;
  if (spelling.opcode == "call") return assemble_call(statement);
  if (spelling.opcode == "ret" && !function_.entry) return assemble_return(statement);
  if (names_own_parameters(statement)) return assemble(with_local(statement));
  for (const Operand& operand : spelling.operands) read_clocks(statement, operand);
  Instruction made;
  Draft draft;
  draft.first_column = kernel_.columns.size();
  draft.resolved = statement.understood;
  const bool wide = has_wide_immediates(spelling);
  for (size_t i = 0; i < spelling.operands.size(); ++i) {
    const Operand& operand = spelling.operands[i];
    if (operand.kind == Operand::Kind::immediate) {
      kernel_.columns.push_back(immediate(statement, operand, i, wide));
    } else {
      resolve(statement, operand, wide, made, draft);
    }
  }
  draft.resolved &= guard(statement, made);
  const size_t count = kernel_.columns.size() - draft.first_column;
  if (count > UINT8_MAX) draft.resolved = false;
  made.operand_count = static_cast<uint8_t>(count);
  // Families may look at the columns while they choose.
  made.operands = kernel_.columns.data() + draft.first_column;
  if (draft.resolved) made.execute = select_code(spelling, made);
  if (made.execute == nullptr) made.execute = refuse;
  add(made, draft, statement);
}

bool Assembler::guard(const Statement& statement, Instruction& made) {
  if (!statement.guarded) return true;
  made.guarded = true;
  const bool found = registers_.find(statement.scope, statement.guard, made.guard);
  made.guard.negated = statement.guard_negated;
  return found;
}

void Assembler::add(Instruction made, const Draft& draft, const Statement& statement) {
  made.pc = static_cast<uint32_t>(kernel_.code.size());
  kernel_.code.push_back(made);
  kernel_.places.push_back(place_of(statement));
  kernel_.classes.push_back(class_of(statement.spelling));
  unit_.first_columns.push_back(draft.first_column);
  jumps_.push_back(draft.jumps ? int64_t{draft.jump} : -1);
}

// A clock is read by an instruction of its own, right before the one that names it.
void Assembler::read_clocks(const Statement& statement, const Operand& operand) {
  for (const Operand& element : operand.elements) read_clocks(statement, element);
  const Special special = special_named(operand.name);
  if (!is_clock(special)) return;
  Draft draft;
  draft.first_column = kernel_.columns.size();
  kernel_.columns.push_back(registers_.special(special));
  Instruction reads;
  reads.execute = read_clock;
  reads.operand_count = 1;
  reads.data[0] = static_cast<uint32_t>(special);
  add(reads, draft, statement);
}

Column Assembler::immediate(const Statement& statement, const Operand& operand, size_t position,
                            bool wide) {
  const Spelling& spelling = statement.spelling;
  const std::string& opcode = spelling.opcode;
  uint64_t bits = operand.bits;
  const bool logic = opcode == "mov" || opcode == "and" || opcode == "or" || opcode == "xor";
  // A predicate is a word with a bit for each lane.
  if (logic && spelling.type() == Type::pred) bits = bits != 0 ? ~uint64_t{0} : 0;
  // The amount of a shift has 32 bits whatever is shifted.
  if (position == 2 && (opcode == "shl" || opcode == "shr")) wide = false;
  return registers_.constant(bits, wide);
}

void Assembler::finish() {
  for (size_t i = 0; i < jumps_.size(); ++i) {
    if (jumps_[i] >= 0) kernel_.code[start_ + i].target = first_of_[static_cast<size_t>(jumps_[i])];
  }
  for (size_t i = first_table_; i < kernel_.branch_tables.size(); ++i) {
    for (uint32_t& target : kernel_.branch_tables[i]) target = first_of_[target];
  }
}

std::string Assembler::file_line(const SourceLocation& location) const {
  const auto file = tree_.files.find(location.file);
  return (file == tree_.files.end() ? "?" : file->second) + ':' + std::to_string(location.line);
}

Place Assembler::place_of(const Statement& statement) const {
  Place place;
  place.text = statement.spelling.text;
  if (statement.location < 0) {
    place.file = "PTX";
    place.line = statement.line;
    return place;
  }
  const SourceLocation* location = &tree_.locations[static_cast<size_t>(statement.location)];
  const auto file = tree_.files.find(location->file);
  place.file = file == tree_.files.end() ? "?" : file->second;
  place.line = location->line;
  if (location->caller < 0) return place;
  while (location->caller >= 0) location = &tree_.locations[static_cast<size_t>(location->caller)];
  place.inlined = file_line(*location);
  return place;
}

}  // namespace lean::simt
