// The memory of the device: a range of addresses, of which allocations are backed. An address is
// the host's own, so copies need no translation; the table decides what a kernel may touch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lean::simt {

enum class MemoryKind : uint8_t {
  device,
  pinned,    // of the host, known to the device
  reserved,  // addresses without memory behind them
  constant,
};

struct Allocation {
  uint64_t address = 0;
  uint64_t bytes = 0;
  MemoryKind kind = MemoryKind::device;
  uint64_t serial = 0;  // counts allocations: a number is never used again
};

class DeviceMemory {
 public:
  static DeviceMemory& get();

  // 256-byte aligned, filled with 0xff (NaN in every floating-point type), not initialized. Returns
  // 0 when limit() would be passed. Freed addresses are reused as late as possible.
  uint64_t allocate(uint64_t bytes, MemoryKind kind);
  // False when no allocation starts there.
  bool release(uint64_t address);
  // The allocation that holds the address, or nullptr.
  const Allocation* find(uint64_t address) const;
  // Makes memory of the host known (cudaHostRegister), and forgets it.
  void adopt(void* memory, uint64_t bytes, MemoryKind kind);
  bool forget(void* memory);
  // What is at an address, in words: "4 bytes past the end of a block of 1024 bytes", "freed".
  std::string describe(uint64_t address, uint64_t bytes) const;

  // Which bytes have been written. Copies carry it along.
  void set_initialized(uint64_t address, uint64_t bytes);
  void copy_initialized(uint64_t to, uint64_t from, uint64_t bytes);
  bool is_initialized(uint64_t address, uint64_t bytes) const;

  uint64_t used() const;
  uint64_t limit() const;  // what cudaMemGetInfo calls total
  void set_limit(uint64_t bytes);
};

}  // namespace lean::simt
