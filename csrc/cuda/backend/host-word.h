// A word of the host's that streams can wait for before it is written, as they cannot for an event:
// one that nobody has recorded yet holds nobody up.
//
// A function of the host's in the stream (cudaLaunchHostFunc) could wait as well, but must not:
// CUDA forbids it to depend on work that was not enqueued before it, and runs such functions one
// after another, for everybody's streams.
#pragma once

#include <cuda_runtime.h>

#include <atomic>
#include <cstdint>

#include "cuda/backend/pinned.h"

namespace lean::cuda {

// Counts up, round and round.
class HostWord {
 public:
  // What the device did before a wait of this thread's is seen by whom this lets go on.
  void raise(uint32_t value);
  bool has_reached(uint32_t value) const;

  // What is enqueued from now on comes after raise(value). The host waits only where the device has
  // no such wait, as some virtual ones.
  void hold(cudaStream_t stream, uint32_t value) const;

 private:
  Pinned<std::atomic<uint32_t>> word_;
};

}  // namespace lean::cuda
