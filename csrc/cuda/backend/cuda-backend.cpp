// The CUDA device as a backend. The addon links the runtime statically and no driver, so it loads
// on any machine and says here why there is no device.
#include <cuda_runtime.h>

#include "cuda/backend/check.h"
#include "cuda/backend/cuda-executor.h"
#include "cuda/backend/foreign-memory.h"
#include "cuda/backend/words.h"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

class CudaBackend final : public Backend {
 public:
  CudaBackend() { absence_ = open(); }

  std::string_view name() const override { return kDevice; }
  std::string absence() const override { return absence_; }
  int level() const override { return 0; }
  std::string kind() const override {
    return std::string(kDevice) + "/sm_" + std::to_string(capability_);
  }
  bool is_host() const override { return false; }

  void* allocate(size_t bytes) override {
    if (bytes == 0) return nullptr;
    enter();
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status != cudaSuccess) {
      static_cast<void>(cudaGetLastError());
      if (status != cudaErrorMemoryAllocation) check(status, "could not allocate");
      size_t free = 0, total = 0;
      cudaMemGetInfo(&free, &total);
      throw Error(kOutOfMemory, "could not allocate " + std::to_string(bytes) +
                                    " bytes on the device: " + std::to_string(free) + " of " +
                                    std::to_string(total) + " are free");
    }
    try {
      check(cudaMemsetAsync(memory, 0, bytes, stream_), "could not fill memory");
      check(cudaStreamSynchronize(stream_), "could not fill memory");
    } catch (...) {
      cudaFree(memory);
      throw;
    }
    return memory;
  }

  void release(void* memory, size_t) noexcept override {
    if (memory == nullptr) return;
    cudaSetDevice(device_);
    cudaFree(memory);
    static_cast<void>(cudaGetLastError());
  }

  void copy_in(void* device, const void* host, size_t bytes) override {
    copy(device, host, bytes, cudaMemcpyHostToDevice);
  }
  void copy_out(void* host, const void* device, size_t bytes) override {
    copy(host, device, bytes, cudaMemcpyDeviceToHost);
  }

  void require_memory(const void* memory, size_t bytes) const override {
    require_device_memory(memory, bytes, device_);
  }

  std::unique_ptr<Executor> prepare(const Plan& plan) override {
    return std::make_unique<CudaExecutor>(*this, device_, plan);
  }

 private:
  // Finds a device, or says why there is none.
  std::string open() {
    int count = 0;
    cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaErrorInsufficientDriver) {
      static_cast<void>(cudaGetLastError());
      return "no driver of NVIDIA's, or one older than CUDA " + runtime_version() + " needs";
    }
    if (status == cudaSuccess && count == 0) status = cudaErrorNoDevice;
    int major = 0, minor = 0;
    if (status == cudaSuccess) {
      status = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device_);
    }
    if (status == cudaSuccess) {
      status = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device_);
    }
    capability_ = 10 * major + minor;
    if (status == cudaSuccess) status = cudaSetDevice(device_);
    if (status == cudaSuccess) status = find_code();
    if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction) {
      static_cast<void>(cudaGetLastError());
      return "its architecture is sm_" + std::to_string(capability_) +
             ", and this build has code for " LEAN_CUDA_ARCHITECTURES " (CMake's names)";
    }
    if (status == cudaSuccess) {
      status = cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking);
    }
    if (status == cudaSuccess) return {};
    static_cast<void>(cudaGetLastError());
    return text_of(status);
  }

  static std::string runtime_version() {
    int version = 0;
    cudaRuntimeGetVersion(&version);
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
  }

  void enter() const { check(cudaSetDevice(device_), "the device is unusable"); }

  void copy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
    if (bytes == 0) return;
    enter();
    check(cudaMemcpyAsync(to, from, bytes, kind, stream_), "could not copy");
    check(cudaStreamSynchronize(stream_), "could not copy");
  }

  int device_ = 0;
  int capability_ = 0;
  cudaStream_t stream_ = nullptr;  // for memory that is no program's yet
  std::string absence_;
};

// Immortal: the driver may be gone by the time that the process's destructors run.
Backend& instance() {
  static auto* backend = new CudaBackend;
  return *backend;
}

[[maybe_unused]] const bool registered = (register_backend(kDevice, instance), true);

}  // namespace
}  // namespace lean::cuda
