#include "cuda/recorder.h"

#include "cuda/backend/check.h"
#include "cuda/backend/device-arena.h"

namespace lean::cuda {

void Launch::enqueue(cudaStream_t stream) const {
  // cudaLaunchKernel takes the arguments without const and only reads them.
  check(cudaLaunchKernel(kernel, grid, block, const_cast<void**>(arguments.data()), 0, stream),
        "could not launch a kernel");
}

const void* Recorder::upload(const void* values, size_t bytes) {
  return arena_.upload(values, bytes);
}

void* Recorder::allocate(size_t bytes) { return arena_.allocate(bytes); }

void Recorder::require_tiles(size_t before, int64_t more) {
  // A grid has no more blocks than that.
  require(before + static_cast<size_t>(more) <= INT32_MAX, kUnsupported,
          "these weights are more than one launch can take");
}

}  // namespace lean::cuda
