// What is done with the results of a product's tile, eight columns (count, at the edge) at a time:
//   epilogue(row, col, count, whole, octet)   `whole` as load() and store() of octet.cuh take it:
// lanes that have none of the results are then called, too, with a count of 0, a row of the results
// and a column that need not be.
// One that has a member begin(lines) is called first, by all threads, with a float in shared memory
// for each row or column of the tile. What is looked up there and not before leaves the product its
// registers.
// One that has a member mirrors() is called, where that is true, with the transpose of the tile
// too.
#pragma once

#include "cuda/device/octet.cuh"

namespace lean::cuda {

template <class Epilogue>
__device__ inline void begin(Epilogue& epilogue, float* lines) {
  if constexpr (requires { epilogue.begin(lines); }) {
    epilogue.begin(lines);
    __syncthreads();
  }
}

template <class Epilogue>
concept Mirroring = requires(const Epilogue& epilogue) { epilogue.mirrors(); };

}  // namespace lean::cuda
