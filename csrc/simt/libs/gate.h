// For tests: libraries that take their time, or fail. A call that would enqueue work stops at the
// gate in the thread that makes it, as in a factorization with steps of the host's, and all other
// threads go on.
#pragma once

#include <cstdint>

namespace lean::simt {

enum class Gate : unsigned char {
  open,
  shut,     // until it is opened; for a call in vain after half a minute
  failing,  // the next call fails, and opens it
};

void set_gate(Gate gate);

// Calls that have stopped at it so far.
uint64_t calls_stopped();

// Throws Error(cudaErrorUnknown) where the call is to fail.
void pass_gate();

}  // namespace lean::simt
