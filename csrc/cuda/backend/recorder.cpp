#include "cuda/recorder.h"

#include "cuda/backend/check.h"
#include "cuda/backend/device-arena.h"

namespace lean::cuda {

void Launch::enqueue(cudaStream_t stream, Bases bases) const {
  // Takes the arguments without const and only reads them.
  void** values = const_cast<void**>(arguments.data());
  std::vector<void*> elsewhere;
  if (bases != nullptr) {
    elsewhere = arguments;
    for (const size_t table : tables) elsewhere[table] = &bases;
    values = elsewhere.data();
  }
  check(cooperative ? cudaLaunchCooperativeKernel(kernel, grid, block, values, 0, stream)
                    : cudaLaunchKernel(kernel, grid, block, values, 0, stream),
        "could not launch a kernel");
}

const void* Recorder::upload(const void* values, size_t bytes) {
  return arena_.upload(values, bytes);
}

void* Recorder::allocate(size_t bytes) { return arena_.allocate(bytes); }

size_t Recorder::resident_blocks(const void* kernel, unsigned threads) {
  int device = 0, processors = 0, blocks = 0;
  check(cudaGetDevice(&device), "there is no device");
  check(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device),
        "the device does not say how many processors it has");
  check(
      cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, static_cast<int>(threads), 0),
      "the device does not say how many blocks it can run at once");
  return static_cast<size_t>(processors) * static_cast<size_t>(blocks);
}

void Recorder::require_tiles(size_t before, int64_t more) {
  // A grid has no more blocks than that.
  require(before + static_cast<size_t>(more) <= INT32_MAX, kUnsupported,
          "these weights are more than one launch can take");
}

}  // namespace lean::cuda
