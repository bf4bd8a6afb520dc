// vote.sync, activemask and elect.sync (PTX ISA 9.7.13).
#include "simt/instructions/modifiers.h"
#include "simt/instructions/warp-members.h"

namespace lean::simt {
namespace {

enum class Vote { all, any, uni };

template <Vote vote>
Flow vote_predicate(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  return for_members(warp, instruction, mask, operands[2], [&](Mask group) {
    const Mask votes = read_predicate(warp, operands[1]) & group;
    bool result = votes != 0;
    if (vote == Vote::all) result = votes == group;
    if (vote == Vote::uni) result = votes == group || votes == 0;
    write_predicate(warp, operands[0], result ? kAllLanes : 0, group);
  });
}

Flow ballot(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  return for_members(warp, instruction, mask, operands[2], [&](Mask group) {
    Lanes<Mask> results;
    results.fill(read_predicate(warp, operands[1]) & group);
    write(warp, operands[0], results, group);
  });
}

Flow activemask(Warp& warp, const Instruction& instruction, Mask mask) {
  Lanes<Mask> results;
  results.fill(mask);
  write(warp, instruction.operands[0], results, mask);
  return Flow::next;
}

// d|p, membermask: the lowest lane is elected.
Flow elect(Warp& warp, const Instruction& instruction, Mask mask) {
  const Column* operands = instruction.operands;
  return for_members(warp, instruction, mask, operands[2], [&](Mask group) {
    Lanes<uint32_t> leader;
    leader.fill(static_cast<uint32_t>(std::countr_zero(group)));
    write(warp, operands[0], leader, group);
    write_predicate(warp, operands[1], group & (0 - group), group);
  });
}

Execute select_vote(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sync = m.take("sync");
  const Type type = m.take_type();
  const std::string_view mode = m.take_next();
  if (!m.done() || !sync || i.operand_count != 3) return nullptr;
  if (mode == "ballot") return type == Type::b32 ? ballot : nullptr;
  if (type != Type::pred) return nullptr;
  if (mode == "all") return vote_predicate<Vote::all>;
  if (mode == "any") return vote_predicate<Vote::any>;
  if (mode == "uni") return vote_predicate<Vote::uni>;
  return nullptr;
}

Execute select_activemask(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const Type type = m.take_type();
  return m.done() && type == Type::b32 && i.operand_count == 1 ? activemask : nullptr;
}

Execute select_elect(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sync = m.take("sync");
  return m.done() && sync && i.operand_count == 3 ? elect : nullptr;
}

const RegisterOpcode kOpcodes[] = {
    {"vote", select_vote},
    {"activemask", select_activemask},
    {"elect", select_elect},
};

}  // namespace
}  // namespace lean::simt
