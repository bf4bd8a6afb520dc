// A value in page-locked memory of the host's, which the device reads and writes by itself.
#pragma once

#include <cuda_runtime.h>

#include <new>

#include "cuda/backend/any-time.h"
#include "cuda/backend/check.h"

namespace lean::cuda {

template <class T>
class Pinned {
 public:
  Pinned() {
    const AnyTime any_time;
    void* memory = nullptr;
    check(cudaHostAlloc(&memory, sizeof(T), cudaHostAllocMapped | cudaHostAllocPortable),
          "could not allocate memory of the host");
    value_ = new (memory) T();
  }
  ~Pinned() {
    const AnyTime any_time;
    cudaFreeHost(value_);
    static_cast<void>(cudaGetLastError());
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  T* get() const { return value_; }
  T* operator->() const { return value_; }
  // The same for the device.
  void* on_device() const {
    void* address = nullptr;
    check(cudaHostGetDevicePointer(&address, value_, 0), "the device does not see the host");
    return address;
  }

 private:
  T* value_ = nullptr;
};

}  // namespace lean::cuda
