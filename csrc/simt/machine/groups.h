// Diverged lanes of a warp: parking, meeting again, and whose turn it is.
#pragma once

#include "simt/machine/warp.h"

namespace lean::simt {

// Lanes stay at `pc` until they are chosen; they join a group that is there already.
void park(Warp& warp, uint32_t pc, Mask lanes, bool waiting = false);

// Lanes that are where the running group is join it; then, if `choose`, the group with the lowest
// pc becomes the running one. False when no group can run.
bool settle(Warp& warp, bool choose = true);

// What waits may try again.
void wake(Warp& warp);

// The running group is parked, and the `number`th other that can run takes its place.
void rotate(Warp& warp, uint32_t number);

}  // namespace lean::simt
