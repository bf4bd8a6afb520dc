// Numbers on their way to the host: pinned memory that a stream copies into, and the event after.
#pragma once

#include <cuda_runtime.h>

#include "core/executor.h"
#include "cuda/backend/check.h"

namespace lean::cuda {

class CudaLetter final : public Letter {
 public:
  CudaLetter(size_t bytes, int device, cudaStream_t stream)
      : bytes_(bytes), device_(device), stream_(stream) {
    check(cudaEventCreateWithFlags(&sent_, cudaEventDisableTiming), "could not create an event");
    const cudaError_t status = cudaMallocHost(&host_, bytes > 0 ? bytes : 1);
    if (status != cudaSuccess) cudaEventDestroy(sent_);
    check(status, "could not allocate memory of the host");
  }
  // A copy under way still writes to the memory.
  ~CudaLetter() override {
    cudaEventSynchronize(sent_);
    cudaEventDestroy(sent_);
    cudaFreeHost(host_);
    static_cast<void>(cudaGetLastError());
  }
  CudaLetter(const CudaLetter&) = delete;
  CudaLetter& operator=(const CudaLetter&) = delete;

  size_t bytes() const override { return bytes_; }

  void send(const void* device) override {
    check(cudaSetDevice(device_), "the device is unusable");
    check(cudaEventSynchronize(sent_), "a step failed");
    check(cudaMemcpyAsync(host_, device, bytes_, cudaMemcpyDeviceToHost, stream_),
          "could not copy");
    check(cudaEventRecord(sent_, stream_), "could not copy");
  }

  const void* read() override {
    check(cudaEventSynchronize(sent_), "a step failed");
    return host_;
  }

 private:
  size_t bytes_;
  int device_;
  cudaStream_t stream_;
  cudaEvent_t sent_ = nullptr;
  void* host_ = nullptr;
};

}  // namespace lean::cuda
