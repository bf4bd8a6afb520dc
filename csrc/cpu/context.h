// What the CPU backend hands to its kernels: the pool and memory of a thread's own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/kernel.h"

namespace lean::cpu {

struct Context : lean::Context {
  // Runs body(arg, tile, worker) for tile = 0 .. tiles - 1 over the pool's threads, in no
  // particular order, and returns when all are done. worker < workers(). A tile must not depend on
  // the worker that runs it, so that results do not depend on the number of threads. Not reentrant.
  virtual void parallel(int64_t tiles, void (*body)(void* arg, int64_t tile, int worker),
                        void* arg) = 0;
  virtual int workers() const = 0;
  // Scratch memory of one worker, aligned to 64 bytes; valid until its next call of scratch().
  virtual void* scratch(int worker, size_t bytes) = 0;

 protected:
  ~Context() = default;
};

template <class Body>
void parallel_for(Context& context, int64_t tiles, Body&& body) {
  context.parallel(
      tiles, [](void* arg, int64_t tile, int worker) { (*static_cast<Body*>(arg))(tile, worker); },
      &body);
}

}  // namespace lean::cpu
