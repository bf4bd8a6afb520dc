// What ld, st, atom and red have in common in their spelling.
#pragma once

#include <optional>

#include "simt/memory/access.h"
#include "simt/ptx/spelling.h"

namespace lean::simt {

struct AccessSpelling {
  Space space = Space::generic;
  bool strong = false;  // volatile, relaxed, acquire, release
  bool releases = false;
  bool acquires = false;
  uint32_t vector = 1;
  Type type = Type::none;
  bool cache_policy = false;  // an operand more
};

// Nothing when there is a modifier that is neither known nor one of `operation`, which may be "".
std::optional<AccessSpelling> read_access(const Spelling& spelling, std::string_view operation);

// What ld and st keep of it in Instruction::data.
enum AccessSlot { kAccessSpace, kAccessVector, kAccessStrong, kAccessReleases };

// Reads the spelling of an ld or st and fills `data`. Nothing when its operands do not fit it.
std::optional<AccessSpelling> decode_access(const Spelling& spelling, Instruction& instruction);

// The addresses of an operand: displacement added, within the space's range.
void read_addresses(const Warp& warp, Column column, int64_t displacement, Space space,
                    std::array<uint64_t, kLanes>& addresses);

}  // namespace lean::simt
