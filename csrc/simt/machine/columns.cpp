#include "simt/machine/columns.h"

namespace lean::simt {

void convert_cells(const std::byte* from, uint32_t* to) {
  const auto* wide = reinterpret_cast<const uint64_t*>(from);
  for (int i = 0; i < kLanes; ++i) to[i] = static_cast<uint32_t>(wide[i]);
}

void convert_cells(const std::byte* from, uint64_t* to) {
  const auto* narrow = reinterpret_cast<const uint32_t*>(from);
  for (int i = 0; i < kLanes; ++i) to[i] = narrow[i];
}

}  // namespace lean::simt
