#include "simt/ptx/assembler.h"

#include <algorithm>

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
                     Kernel& kernel)
    : tree_(tree),
      function_(function),
      module_(module),
      kernel_(kernel),
      registers_(function, kernel) {}

void Assembler::run() {
  kernel_.name = function_.name;
  kernel_.max_threads = function_.max_threads;
  const auto dim = [](const uint32_t(&three)[3]) { return Dim{three[0], three[1], three[2]}; };
  kernel_.required_block = dim(function_.required_threads);
  kernel_.required_cluster = dim(function_.required_cluster);
  kernel_.explicit_cluster = function_.explicit_cluster;
  lay_out_parameters();
  lay_out_shared();
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
}

void Assembler::lay_out_parameters() {
  for (const Declaration& each : function_.parameters) {
    const uint32_t offset = align_up(kernel_.parameter_bytes, each.align);
    kernel_.parameters.push_back({each.name, offset, static_cast<uint32_t>(each.bytes)});
    kernel_.parameter_bytes = offset + static_cast<uint32_t>(each.bytes);
    parameters_[each.name] = offset;
  }
}

// Of the module's shared variables a kernel has those that it names.
void Assembler::lay_out_shared() {
  std::set<std::string_view> named;
  for (const Statement& statement : function_.statements) {
    for (const Operand& operand : statement.spelling.operands) {
      named.insert(operand.name);
      for (const Operand& element : operand.elements) named.insert(element.name);
    }
  }
  constexpr uint64_t kGap = 16;
  std::vector<const Declaration*> open;
  uint64_t size = 0;  // as nvcc counts it
  uint64_t end = 0;   // with the gaps
  const auto start_at = [&](uint64_t offset) {
    if (offset > end) {
      kernel_.shared_gaps.push_back(
          {static_cast<uint32_t>(end), static_cast<uint32_t>(offset - end)});
    }
    end = offset;
  };
  const auto place = [&](const Declaration& variable) {
    if (variable.space != "shared") return;
    if (!variable.sized) {
      open.push_back(&variable);
      return;
    }
    start_at(align_up(end == 0 ? 0 : end + kGap, variable.align));
    shared_[variable.name] = end;
    end += variable.bytes;
    size = align_up(size, variable.align) + variable.bytes;
  };
  for (const Declaration& variable : tree_.variables) {
    if (named.count(variable.name) != 0) place(variable);
  }
  for (const Scope& scope : function_.scopes) {
    for (const auto& [name, variable] : scope.variables) place(variable);
  }
  kernel_.static_shared = static_cast<uint32_t>(size);
  kernel_.shared_end = static_cast<uint32_t>(end);
  uint64_t alignment = 16;
  for (const Declaration* variable : open) alignment = std::max(alignment, variable->align);
  start_at(align_up(end == 0 || open.empty() ? end : end + kGap, alignment));
  for (const Declaration* variable : open) shared_[variable->name] = end;
  kernel_.dynamic_shared = static_cast<uint32_t>(end);
}

void Assembler::lay_out_local() {
  for (const Scope& scope : function_.scopes) {
    for (const auto& [name, variable] : scope.variables) {
      if (variable.space != "local") continue;
      const uint32_t offset = align_up(kernel_.local_bytes, variable.align);
      local_[name] = offset;
      kernel_.local_bytes = offset + static_cast<uint32_t>(variable.bytes);
    }
  }
  kernel_.local_bytes = align_up(kernel_.local_bytes, 16);
}

void Assembler::assemble(const Statement& statement) {
  const Spelling& spelling = statement.spelling;
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
  if (statement.guarded) {
    made.guarded = true;
    draft.resolved &= registers_.find(statement.scope, statement.guard, made.guard);
    made.guard.negated = statement.guard_negated;
  }
  const size_t count = kernel_.columns.size() - draft.first_column;
  if (count > UINT8_MAX) draft.resolved = false;
  made.operand_count = static_cast<uint8_t>(count);
  // Families may look at the columns while they choose.
  made.operands = kernel_.columns.data() + draft.first_column;
  if (draft.resolved) made.execute = select_code(spelling, made);
  if (made.execute == nullptr && spelling.opcode == "call") made.execute = refuse_call;
  const bool argument = spelling.opcode == "st" && spelling.has("param");
  if (made.execute == nullptr && argument && !draft.resolved) made.execute = skip_argument;
  if (made.execute == nullptr) made.execute = refuse;
  add(made, draft, statement);
}

void Assembler::add(Instruction made, const Draft& draft, const Statement& statement) {
  made.pc = static_cast<uint32_t>(kernel_.code.size());
  kernel_.code.push_back(made);
  kernel_.places.push_back(place_of(statement));
  kernel_.classes.push_back(class_of(statement.spelling));
  first_columns_.push_back(draft.first_column);
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
  for (size_t i = 0; i < kernel_.code.size(); ++i) {
    Instruction& made = kernel_.code[i];
    made.operands = kernel_.columns.data() + first_columns_[i];
    if (jumps_[i] >= 0) made.target = first_of_[static_cast<size_t>(jumps_[i])];
  }
  for (std::vector<uint32_t>& targets : kernel_.branch_tables) {
    for (uint32_t& target : targets) target = first_of_[target];
  }
  kernel_.register_bytes = align_up(kernel_.register_bytes, 64);
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
