// The one way to memory for a kernel: addresses of a whole warp in, host pointers out, with bounds,
// lifetime, alignment, initialization and races checked and traffic counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "simt/machine/instruction.h"

namespace lean::simt {

enum class Space : uint8_t { generic, global, shared, local, param, constant };

enum class AccessKind : uint8_t {
  load,
  store,
  atomic,          // read and written, ordered with other atomics
  volatile_load,   // ld.volatile, ld.relaxed, ld.acquire: no race with atomics
  volatile_store,  // st.volatile, st.relaxed, st.release
};

struct Access {
  AccessKind kind = AccessKind::load;
  Space space = Space::generic;
  uint32_t bytes = 4;  // of each lane, 1 to 32: also the alignment that is asked for
  Mask lanes = 0;
  std::array<uint64_t, kLanes> address;  // of the lanes in `lanes`
};

using HostPointers = std::array<std::byte*, kLanes>;

// Checks and counts the access and finds the memory of each lane. After a store the bytes count as
// initialized; a load of bytes that are not is a fault. Throws Fault.
void resolve(Warp& warp, const Instruction& instruction, const Access& access, HostPointers& host);

}  // namespace lean::simt
