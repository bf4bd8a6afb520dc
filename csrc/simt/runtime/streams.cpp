// cudaStream...
#include <cuda_runtime_api.h>

#include <algorithm>

#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

constexpr int kLeastPriority = 0;
constexpr int kGreatestPriority = -5;

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* handle, unsigned flags, int priority) {
  return api([&] {
    if (flags != cudaStreamDefault && flags != cudaStreamNonBlocking) {
      throw Error(cudaErrorInvalidValue, "unknown flags of a stream");
    }
    auto stream = std::make_shared<Stream>();
    stream->flags = flags;
    stream->priority = std::clamp(priority, kGreatestPriority, kLeastPriority);
    stream->id = ++context().next_id;
    *handle = context().streams.add<cudaStream_t>(std::move(stream));
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* handle, unsigned flags) {
  return cudaStreamCreateWithPriority(handle, flags, kLeastPriority);
}

cudaError_t cudaStreamCreate(cudaStream_t* handle) {
  return cudaStreamCreateWithFlags(handle, cudaStreamDefault);
}

// Its work still runs.
cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return api(Needs::anything, [&] {
    std::shared_ptr<Stream> stream = context().streams.find(handle, "stream");
    if (stream->capture) stream->capture->invalidated = true;
    if (stream->blocking() && stream->last) context().orphans.push_back(stream->last);
    context().streams.remove(handle);
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return api([&] { synchronize(find_stream(handle)); });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return api([&] {
    Stream& stream = find_stream(handle);
    refuse_synchronizing(stream);
    bool done = true;
    for (const TaskPtr& task : predecessors(stream)) done = done && context().work.poll(task);
    require_state(Needs::healthy);
    if (!done) throw Error(cudaErrorNotReady, "the stream has work to do");
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned flags) {
  return api([&] {
    Stream& stream = find_stream(handle);
    if (flags == cudaEventWaitExternal) {
      if (!stream.capture) throw Error(cudaErrorInvalidValue, "an external wait is for captures");
      submit(stream, WaitCall{find_event(event)});
      return;
    }
    wait(stream, *find_event(event));
  });
}

cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned* flags) {
  return api([&] { *flags = find_stream(handle).flags; });
}

cudaError_t cudaStreamGetPriority(cudaStream_t handle, int* priority) {
  return api([&] { *priority = find_stream(handle).priority; });
}

cudaError_t cudaStreamGetId(cudaStream_t handle, unsigned long long* id) {
  return api([&] { *id = find_stream(handle).id; });
}

cudaError_t cudaStreamGetDevice(cudaStream_t handle, int* device) {
  return api([&] {
    find_stream(handle);
    *device = 0;
  });
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  if (least) *least = kLeastPriority;
  if (greatest) *greatest = kGreatestPriority;
  return cudaSuccess;
}

// Hints alone are kept in attributes; there is nothing that they would change here.
cudaError_t cudaStreamSetAttribute(cudaStream_t handle, cudaStreamAttrID,
                                   const cudaStreamAttrValue*) {
  return api([&] { find_stream(handle); });
}

cudaError_t cudaStreamAttachMemAsync(cudaStream_t handle, void*, size_t, unsigned) {
  return api([&] { submit(find_stream(handle), Nothing{}); });
}
}
