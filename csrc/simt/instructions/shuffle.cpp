// shfl.sync (PTX ISA 9.7.9).
#include "simt/checks/fault.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/warp-members.h"

namespace lean::simt {
namespace {

enum class Mode { up, down, bfly, idx };

struct Sources {
  Lanes<int32_t> lane;  // that each lane reads: its own where the other is out of range
  Mask in_range = 0;
};

template <Mode mode>
Sources sources(const Lanes<uint32_t>& b, const Lanes<uint32_t>& c) {
  Sources from;
  for (int32_t i = 0; i < kLanes; ++i) {
    const auto distance = static_cast<int32_t>(b[i] & 31);
    const auto clamp = static_cast<int32_t>(c[i] & 31);
    const auto segment = static_cast<int32_t>(c[i] >> 8 & 31);
    const int32_t first = i & segment;
    const int32_t bound = first | (clamp & ~segment);
    int32_t other = 0;
    if (mode == Mode::up) other = i - distance;
    if (mode == Mode::down) other = i + distance;
    if (mode == Mode::bfly) other = i ^ distance;
    if (mode == Mode::idx) other = first | (distance & ~segment);
    const bool inside = mode == Mode::up ? other >= bound : other <= bound;
    from.lane[i] = inside ? other : i;
    from.in_range |= Mask{inside} << i;
  }
  return from;
}

template <Mode mode>
Flow shfl(Warp& warp, const Instruction& instruction, Mask mask) {
  const bool to_predicate = instruction.data[0];
  const Column* in = instruction.operands + (to_predicate ? 2 : 1);
  return for_members(warp, instruction, mask, in[3], [&](Mask group) {
    const Sources from = sources<mode>(read<uint32_t>(warp, in[1]), read<uint32_t>(warp, in[2]));
    const Lanes<uint32_t> values = read<uint32_t>(warp, in[0]);
    Lanes<uint32_t> results;
    Mask outside = 0;
    for (int i = 0; i < kLanes; ++i) {
      results[i] = values[static_cast<size_t>(from.lane[i] & 31)];
      outside |= (~group >> (from.lane[i] & 31) & 1) << i;
    }
    if ((outside & group) != 0) {
      const int lane = std::countr_zero(outside & group);
      throw Fault(FaultKind::bad_warp_operation, warp, instruction, lane,
                  "the shuffle reads lane " + std::to_string(from.lane[lane]) +
                      ", which does not take part");
    }
    write(warp, instruction.operands[0], results, group);
    if (to_predicate) write_predicate(warp, instruction.operands[1], from.in_range, group);
  });
}

Execute select_shfl(const Spelling& spelling, Instruction& i) {
  Modifiers m(spelling);
  const bool sync = m.take("sync");
  const Type type = m.take_type();
  const std::string_view mode = m.take_next();
  if (!m.done() || !sync || type != Type::b32 || spelling.operands.empty()) return nullptr;
  i.data[0] = spelling.operands[0].kind == Operand::Kind::vector;
  if (i.operand_count != 5 + i.data[0]) return nullptr;
  if (mode == "up") return shfl<Mode::up>;
  if (mode == "down") return shfl<Mode::down>;
  if (mode == "bfly") return shfl<Mode::bfly>;
  if (mode == "idx") return shfl<Mode::idx>;
  return nullptr;
}

const RegisterOpcode kOpcodes[] = {{"shfl", select_shfl}};

}  // namespace
}  // namespace lean::simt
