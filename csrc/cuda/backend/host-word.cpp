#include "cuda/backend/host-word.h"

#include <cuda.h>

#include "cuda/backend/check.h"
#include "cuda/backend/driver-function.h"

namespace lean::cuda {
namespace {

using WaitValue = CUresult(CUDAAPI*)(CUstream stream, CUdeviceptr word, cuuint32_t value,
                                     unsigned how);

}  // namespace

void HostWord::raise(uint32_t value) {
  word_->store(value, std::memory_order_release);
  word_->notify_all();
}

bool HostWord::has_reached(uint32_t value) const {
  return static_cast<int32_t>(word_->load(std::memory_order_acquire) - value) >= 0;
}

void HostWord::hold(cudaStream_t stream, uint32_t value) const {
  if (has_reached(value)) return;
  // The form of CUDA 12 needs no setting of the driver's.
  static const auto wait = find_driver_function<WaitValue>("cuStreamWaitValue32", 12000);
  if (wait != nullptr) {
    const CUresult status = wait(stream, reinterpret_cast<CUdeviceptr>(word_.on_device()), value,
                                 CU_STREAM_WAIT_VALUE_GEQ);
    if (status == CUDA_SUCCESS) return;
    // The driver's numbers are the runtime's.
    if (status != CUDA_ERROR_NOT_SUPPORTED) {
      check(static_cast<cudaError_t>(status), "could not have a stream wait");
    }
  }
  for (uint32_t now = word_->load(); !has_reached(value); now = word_->load()) word_->wait(now);
}

}  // namespace lean::cuda
