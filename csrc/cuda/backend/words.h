// A few words of the host's to the device, as a kernel's parameters: in stream order and without a
// buffer that the host would have to leave alone until the device has read it. So it can run ahead
// of the device as far as it likes.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <span>

namespace lean::cuda {

// Launches one kernel for every few hundred words.
void write_words(uint64_t* device, std::span<const uint64_t> words, cudaStream_t stream);

// Whether the binary has code for the current device: asks for the kernel of the above, which is
// compiled like all others.
cudaError_t find_code();

}  // namespace lean::cuda
