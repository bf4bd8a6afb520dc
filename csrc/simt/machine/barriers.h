// Barriers of blocks and clusters.
#pragma once

#include "simt/machine/warp.h"

namespace lean::simt {

struct Cluster;

// Lanes exit: nobody may be waiting for them at a barrier of the whole block.
void leave_barriers(Warp& warp, const Instruction& instruction, Mask lanes);

// Completes the barrier of the cluster when all that are alive have arrived.
void leave_cluster(Cluster& cluster);

}  // namespace lean::simt
