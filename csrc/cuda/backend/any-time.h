// Calls that must be possible while somebody captures a stream, of whatever thread.
#pragma once

#include <cuda_runtime.h>

namespace lean::cuda {

// Memory comes and goes when JavaScript's garbage collector wants it, and a capture of the strict
// kinds forbids that in between, though it has nothing to do with what is captured.
class AnyTime {
 public:
  AnyTime() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  ~AnyTime() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  AnyTime(const AnyTime&) = delete;
  AnyTime& operator=(const AnyTime&) = delete;

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;  // then what it was before
};

}  // namespace lean::cuda
