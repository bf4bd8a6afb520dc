// The machine's threads, started at first use and kept.
#pragma once

#include <cstddef>
#include <functional>

namespace lean::simt {

struct Worker;

// Calls work(worker) on `count` workers, the first on the calling thread, and returns when all are
// done. `work` must not throw.
void on_workers(size_t count, const std::function<void(Worker&)>& work);

}  // namespace lean::simt
