// shfl.sync (PTX ISA 9.7.9).
#include <cstring>

#include "simt/checks/fault.h"
#include "simt/instructions/modifiers.h"
#include "simt/instructions/warp-members.h"

namespace lean::simt {
namespace {

enum class Mode { up, down, bfly, idx };

struct Sources {
  Lanes<uint32_t> lane;    // that each lane reads: its own where the other is out of range
  Lanes<uint32_t> inside;  // 1 where it is not
};

template <Mode mode>
void find_sources(const Lanes<uint32_t>& b, const Lanes<uint32_t>& c, Sources& from) {
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
    from.lane[i] = static_cast<uint32_t>(inside ? other : i);
    from.inside[i] = inside ? 1 : 0;
  }
}

// values[lane[i] % 32]. Half a warp is what one vector holds; a shuffle of two is an instruction.
Lanes<uint32_t> permute(const Lanes<uint32_t>& values, const Lanes<uint32_t>& lane) {
  using Half [[gnu::vector_size(64)]] = uint32_t;
  Half low, high, index;
  Lanes<uint32_t> results;
  std::memcpy(&low, values.data(), sizeof low);
  std::memcpy(&high, values.data() + 16, sizeof high);
  for (const int part : {0, 16}) {
    std::memcpy(&index, lane.data() + part, sizeof index);
    const Half chosen = __builtin_shuffle(low, high, index);
    std::memcpy(results.data() + part, &chosen, sizeof chosen);
  }
  return results;
}

Mask bits_of(const Lanes<uint32_t>& flags) {
  Mask bits = 0;
  for (int i = 0; i < kLanes; ++i) bits |= flags[i] << i;
  return bits;
}

// A lane of the group that reads one outside of it, or -1.
int first_outside(const Lanes<uint32_t>& lane, Mask group) {
  if (group == kAllLanes) return -1;
  Mask outside = 0;
  for (int i = 0; i < kLanes; ++i) outside |= (~group >> lane[i] & 1) << i;
  outside &= group;
  return outside == 0 ? -1 : std::countr_zero(outside);
}

template <Mode mode>
Flow shfl(Warp& warp, const Instruction& instruction, Mask mask) {
  const bool to_predicate = instruction.data[0];
  const Column* in = instruction.operands + (to_predicate ? 2 : 1);
  return for_members(warp, instruction, mask, in[3], [&](Mask group) {
    Sources from;
    find_sources<mode>(read<uint32_t>(warp, in[1]), read<uint32_t>(warp, in[2]), from);
    const int lane = first_outside(from.lane, group);
    if (lane >= 0) {
      throw Fault(FaultKind::bad_warp_operation, warp, instruction, lane,
                  "the shuffle reads lane " + std::to_string(from.lane[lane]) +
                      ", which does not take part");
    }
    write(warp, instruction.operands[0], permute(read<uint32_t>(warp, in[0]), from.lane), group);
    if (to_predicate) write_predicate(warp, instruction.operands[1], bits_of(from.inside), group);
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
