#include "simt/memory/spelling.h"

#include <algorithm>

#include "simt/machine/columns.h"
#include "simt/memory/address.h"

namespace lean::simt {
namespace {

// Where data is cached changes nothing here (PTX ISA 9.0, 9.7.9.1 and 9.7.9.2), nor does the scope
// of threads that see it.
constexpr std::string_view kWithoutEffect[] = {"weak",
                                               "cta",
                                               "cluster",
                                               "gpu",
                                               "sys",
                                               "ca",
                                               "cg",
                                               "cs",
                                               "lu",
                                               "cv",
                                               "wb",
                                               "wt",
                                               "nc",
                                               "L1::evict_normal",
                                               "L1::evict_unchanged",
                                               "L1::evict_first",
                                               "L1::evict_last",
                                               "L1::no_allocate",
                                               "L2::evict_normal",
                                               "L2::evict_first",
                                               "L2::evict_last",
                                               "L2::64B",
                                               "L2::128B",
                                               "L2::256B",
                                               "noftz"};

bool read_space(std::string_view name, Space& space) {
  if (name == "global")
    space = Space::global;
  else if (name == "shared" || name == "shared::cta" || name == "shared::cluster")
    space = Space::shared;
  else if (name == "local")
    space = Space::local;
  else if (name == "param" || name == "param::entry")
    space = Space::param;
  else if (name == "const")
    space = Space::constant;
  else
    return false;
  return true;
}

bool read_order(std::string_view name, AccessSpelling& access) {
  if (name == "acquire" || name == "acq_rel")
    access.acquires = true;
  else if (name != "volatile" && name != "relaxed" && name != "release" && name != "mmio")
    return false;
  if (name == "release" || name == "acq_rel") access.releases = true;
  access.strong = true;
  return true;
}

}  // namespace

std::optional<AccessSpelling> read_access(const Spelling& spelling, std::string_view operation) {
  AccessSpelling access;
  for (const std::string& each : spelling.modifiers) {
    if (read_space(each, access.space) || read_order(each, access)) continue;
    if (each == "v2" || each == "v4" || each == "v8") {
      access.vector = static_cast<uint32_t>(each[1] - '0');
    } else if (each == "L2::cache_hint") {
      access.cache_policy = true;
    } else if (type_named(each) != Type::none) {
      if (access.type != Type::none) return std::nullopt;
      access.type = type_named(each);
    } else if (each != operation &&
               std::ranges::find(kWithoutEffect, each) == std::end(kWithoutEffect)) {
      return std::nullopt;
    }
  }
  if (size_of(access.type) == 0) return std::nullopt;
  return access;
}

std::optional<AccessSpelling> decode_access(const Spelling& spelling, Instruction& instruction) {
  const auto access = read_access(spelling, "");
  if (!access) return std::nullopt;
  const size_t expected = access->cache_policy ? 3 : 2;
  if (spelling.operands.size() != expected) return std::nullopt;
  if (instruction.operand_count != access->vector + expected - 1) return std::nullopt;
  if (access->vector * static_cast<uint32_t>(size_of(access->type)) > 32) return std::nullopt;
  instruction.data[kAccessSpace] = static_cast<uint32_t>(access->space);
  instruction.data[kAccessVector] = access->vector;
  instruction.data[kAccessStrong] = access->strong ? 1 : 0;
  instruction.data[kAccessReleases] = access->releases ? 1 : 0;
  return access;
}

void read_addresses(const Warp& warp, Column column, int64_t displacement, Space space,
                    std::array<uint64_t, kLanes>& addresses) {
  // Of spaces other than global and constant, addresses have 32 bits.
  const bool narrow = space == Space::shared || space == Space::local || space == Space::param;
  const uint64_t inside = narrow ? kSharedAddress : ~uint64_t{0};
  const auto offset = static_cast<uint64_t>(displacement);
  const std::byte* from = source(warp, column);
  if (column.wide) {
    const auto* base = reinterpret_cast<const uint64_t*>(from);
    for (size_t i = 0; i < kLanes; ++i) addresses[i] = (base[i] + offset) & inside;
  } else {
    const auto* base = reinterpret_cast<const uint32_t*>(from);
    for (size_t i = 0; i < kLanes; ++i) addresses[i] = (base[i] + offset) & inside;
  }
}

}  // namespace lean::simt
