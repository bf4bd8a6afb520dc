// How many blocks fit on a multiprocessor, by threads and shared memory. Registers are not known
// before ptxas has run, so this is an upper bound.
#pragma once

#include <cstdint>

#include "simt/ptx/module.h"

namespace lean::simt {

uint32_t blocks_per_multiprocessor(const Kernel& kernel, uint64_t block_threads,
                                   uint64_t dynamic_shared);

}  // namespace lean::simt
