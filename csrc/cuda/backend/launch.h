// Launches of now: those of a recording are a Recorder's.
#pragma once

#include <cuda_runtime.h>

#include <tuple>

#include "cuda/backend/check.h"

namespace lean::cuda {

struct Shape {
  unsigned blocks;
  unsigned threads;
  bool together = false;  // all blocks are resident, so that they may wait for each other
};

// Asks this launch whether it went well, and not cudaGetLastError(), which may speak of a call of
// somebody else's.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), Shape shape, cudaStream_t stream,
            Arguments... arguments) {
  std::tuple<Parameters...> values(arguments...);
  std::apply(
      [&](auto&... value) {
        void* addresses[] = {static_cast<void*>(&value)...};
        const auto* const address = reinterpret_cast<const void*>(kernel);
        const dim3 grid(shape.blocks), block(shape.threads);
        check(shape.together
                  ? cudaLaunchCooperativeKernel(address, grid, block, addresses, 0, stream)
                  : cudaLaunchKernel(address, grid, block, addresses, 0, stream),
              "could not launch a kernel");
      },
      values);
}

}  // namespace lean::cuda
