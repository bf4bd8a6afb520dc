// Nobody can run any more: who waits where.
#pragma once

#include <vector>

namespace lean::simt {

struct Warp;

[[noreturn]] void report_deadlock(const std::vector<Warp*>& warps);

}  // namespace lean::simt
