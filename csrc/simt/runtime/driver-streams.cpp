// cuStreamWaitValue32.
#include <atomic>

#include "simt/runtime/driver.h"
#include "simt/runtime/pointer.h"
#include "simt/runtime/stream.h"

namespace lean::simt {
namespace {

bool has_reached(uint64_t address, uint32_t value, unsigned how) {
  const std::atomic_ref word(*reinterpret_cast<uint32_t*>(address));
  const uint32_t now = word.load(std::memory_order_acquire);
  switch (how) {
    case CU_STREAM_WAIT_VALUE_GEQ:
      return static_cast<int32_t>(now - value) >= 0;
    case CU_STREAM_WAIT_VALUE_EQ:
      return now == value;
    case CU_STREAM_WAIT_VALUE_AND:
      return (now & value) != 0;
    default:
      return (~(now | value)) != 0;
  }
}

// The word may be the host's, which writes it when it likes.
CUresult stream_wait_value32(CUstream stream, CUdeviceptr address, cuuint32_t value,
                             unsigned flags) {
  return driver_api([=] {
    if (flags > CU_STREAM_WAIT_VALUE_NOR) {
      throw Error(cudaErrorInvalidValue, "unknown flags of a wait, or a flush");
    }
    if (address % sizeof(uint32_t) != 0) throw Error(cudaErrorInvalidValue, "a misaligned word");
    const PointerInfo info = pointer_info(address);
    if (info.type == cudaMemoryTypeUnregistered || !info.mapped) {
      throw Error(cudaErrorInvalidValue, "the word is of no allocation");
    }
    submit_wait(find_stream(stream), [=] { return has_reached(address, value, flags); });
  });
}

}  // namespace

std::span<const DriverEntry> driver_stream_calls() {
  static const DriverEntry entries[] = {
      {"cuStreamWaitValue32", reinterpret_cast<void*>(stream_wait_value32)},
  };
  return entries;
}

}  // namespace lean::simt
