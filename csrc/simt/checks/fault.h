// What stops a kernel: reported with kernel, source line, block and thread, and turned into a
// sticky error of the device, as on a GPU.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "simt/machine/instruction.h"

namespace lean::simt {

enum class FaultKind : uint8_t {
  out_of_bounds,  // no allocation there, past its end, or freed
  misaligned,
  uninitialized,  // a read of bytes that nothing has written
  read_only,      // a store to constant or parameter memory
  race,
  divergent_barrier,
  deadlock,
  bad_warp_operation,  // a lane that a mask names is not there
  async_copy,          // bytes used that cp.async may still be writing
  trap,
  unsupported,  // an instruction or form that no family knows
};

std::string_view name_of(FaultKind kind);

class Fault : public std::exception {
 public:
  // `message` is one sentence without a place; the second form adds it.
  Fault(FaultKind kind, std::string message);
  Fault(FaultKind kind, const Warp& warp, const Instruction& instruction, int lane,
        const std::string& message);
  const char* what() const noexcept override { return report_.c_str(); }
  FaultKind kind() const { return kind_; }

 private:
  FaultKind kind_;
  std::string report_;
};

}  // namespace lean::simt
