// Nobody can run any more: who waits where.
#pragma once

#include <vector>

namespace lean::simt {

struct Warp;

[[noreturn]] void report_deadlock(const std::vector<Warp*>& warps);
// They run, but in circles (checks/spinning.h).
[[noreturn]] void report_spinning(const std::vector<Warp*>& warps);

}  // namespace lean::simt
