// ld, ldu (PTX ISA 9.0, 9.7.9.8 to 9.7.9.10).
#include <bit>

#include "simt/checks/fault.h"
#include "simt/machine/block.h"
#include "simt/machine/columns.h"
#include "simt/memory/access.h"
#include "simt/memory/runs.h"
#include "simt/memory/spelling.h"
#include "simt/ptx/module.h"

namespace lean::simt {
namespace {

struct Sixteen {
  uint64_t half[2];
};

// A register of 16 bytes a lane.
void write_sixteen(Warp& warp, Column column, const HostPointers& host, size_t offset, Mask mask) {
  if (column.sink) return;
  std::byte* to = warp.registers + column.offset;
  for (size_t i = 0; i < kLanes; ++i) {
    if ((mask >> i & 1) != 0) std::memcpy(to + i * 16, host[i] + offset, 16);
  }
}

template <class T>
void gather(Lanes<T>& lanes, const HostPointers& host, size_t offset, Mask mask) {
  if (mask == kAllLanes) {
    for (size_t i = 0; i < kLanes; ++i) std::memcpy(&lanes[i], host[i] + offset, sizeof(T));
    return;
  }
  lanes = {};
  for (Mask left = mask; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    std::memcpy(&lanes[i], host[i] + offset, sizeof(T));
  }
}

template <class T>
Flow load(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint32_t vector = instruction.data[kAccessVector];
  Access access;
  access.kind = instruction.data[kAccessStrong] != 0 ? AccessKind::volatile_load : AccessKind::load;
  access.space = static_cast<Space>(instruction.data[kAccessSpace]);
  access.bytes = vector * sizeof(T);
  access.lanes = mask;
  read_addresses(warp, instruction.operands[vector], instruction.displacement, access.space,
                 access.address);
  HostPointers host;
  resolve(warp, instruction, access, host);
  if constexpr (sizeof(T) != 16) {
    if (mask == kAllLanes && vector <= 4 && is_run(host, access.bytes)) {
      if (vector == 1) read_run<1, T>(warp, instruction.operands, host[0]);
      if (vector == 2) read_run<2, T>(warp, instruction.operands, host[0]);
      if (vector == 4) read_run<4, T>(warp, instruction.operands, host[0]);
      return Flow::next;
    }
  }
  for (uint32_t k = 0; k < vector; ++k) {
    if constexpr (sizeof(T) == 16) {
      write_sixteen(warp, instruction.operands[k], host, k * sizeof(T), mask);
    } else {
      Lanes<T> lanes;
      gather(lanes, host, k * sizeof(T), mask);
      write(warp, instruction.operands[k], lanes, mask);
    }
  }
  return Flow::next;
}

// A parameter at a fixed place: the same for all lanes.
template <class T>
Flow load_parameter(Warp& warp, const Instruction& instruction, Mask mask) {
  const uint32_t vector = instruction.data[kAccessVector];
  const std::vector<std::byte>& parameters = warp.block->grid->launch->parameters;
  uint64_t address = 0;
  std::memcpy(&address, source(warp, instruction.operands[vector]), sizeof address);
  if (address + vector * sizeof(T) > parameters.size() || address % sizeof(T) != 0) {
    return load<T>(warp, instruction, mask);
  }
  for (uint32_t k = 0; k < vector; ++k) {
    T value;
    std::memcpy(&value, parameters.data() + address + k * sizeof(T), sizeof(T));
    Lanes<T> lanes;
    lanes.fill(value);
    write(warp, instruction.operands[k], lanes, mask);
  }
  return Flow::next;
}

template <class T>
Execute choose(bool parameter) {
  if constexpr (sizeof(T) == 16) {
    return load<T>;
  } else {
    return parameter ? load_parameter<T> : load<T>;
  }
}

Execute select_load(const Spelling& spelling, Instruction& instruction) {
  const auto access = decode_access(spelling, instruction);
  if (!access) return nullptr;
  const bool parameter =
      access->space == Space::param && instruction.operands[access->vector].constant;
  switch (size_of(access->type)) {
    case 1:
      return is_signed(access->type) ? choose<int8_t>(parameter) : choose<uint8_t>(parameter);
    case 2:
      return is_signed(access->type) ? choose<int16_t>(parameter) : choose<uint16_t>(parameter);
    case 4:
      return is_signed(access->type) ? choose<int32_t>(parameter) : choose<uint32_t>(parameter);
    case 8:
      return choose<uint64_t>(parameter);
    case 16:
      return choose<Sixteen>(parameter);
    default:
      return nullptr;
  }
}

const RegisterOpcode kLd("ld", select_load);
const RegisterOpcode kLdu("ldu", select_load);

}  // namespace
}  // namespace lean::simt
