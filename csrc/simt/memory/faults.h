// The faults of accesses, with what is known of the address.
#pragma once

#include "simt/memory/access.h"

namespace lean::simt {

[[noreturn]] void throw_misaligned(const Warp& warp, const Instruction& instruction, int lane,
                                   const Access& access, uint64_t address);
[[noreturn]] void throw_out_of_bounds(const Warp& warp, const Instruction& instruction, int lane,
                                      const Access& access, uint64_t address);
[[noreturn]] void throw_shared_bounds(const Warp& warp, const Instruction& instruction, int lane,
                                      const Access& access, uint64_t address);
[[noreturn]] void throw_local_bounds(const Warp& warp, const Instruction& instruction, int lane,
                                     const Access& access, uint64_t address, uint64_t size);
[[noreturn]] void throw_read_only(const Warp& warp, const Instruction& instruction, int lane,
                                  const char* memory);
[[noreturn]] void throw_uninitialized(const Warp& warp, const Instruction& instruction, int lane,
                                      const Access& access, uint64_t address);
// Of a byte of shared memory that is pending: an asynchronous copy's, or between two variables.
[[noreturn]] void throw_pending(const Warp& warp, const Instruction& instruction, int lane,
                                const Access& access, uint64_t offset);
[[noreturn]] void throw_exited_block(const Warp& warp, const Instruction& instruction, int lane,
                                     uint32_t rank);

}  // namespace lean::simt
