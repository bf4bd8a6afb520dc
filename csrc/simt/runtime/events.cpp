// cudaEvent...
#include <cuda_runtime_api.h>

#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"
#include "simt/runtime/error.h"
#include "simt/runtime/stream.h"

using namespace lean::simt;

namespace {

// An event that a capture has recorded stands for no moment.
void refuse_captured(const Event& event) {
  if (!event.capture) return;
  event.capture->invalidated = true;
  throw Error(cudaErrorCapturedEvent, "the event was last recorded in a capture");
}

void require_done(const Event& event) {
  if (event.task && !event.task->done) throw Error(cudaErrorNotReady, "the event is ahead");
}

}  // namespace

extern "C" {

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* handle, unsigned flags) {
  return api([&] {
    constexpr unsigned kKnown =
        cudaEventBlockingSync | cudaEventDisableTiming | cudaEventInterprocess;
    if (flags & ~kKnown) throw Error(cudaErrorInvalidValue, "unknown flags of an event");
    if (flags & cudaEventInterprocess) {
      throw Error(cudaErrorNotSupported, "events of several processes are not modelled");
    }
    auto event = std::make_shared<Event>();
    event->flags = flags;
    *handle = context().events.add<cudaEvent_t>(std::move(event));
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* handle) {
  return cudaEventCreateWithFlags(handle, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return api(Needs::anything, [&] {
    find_event(handle);
    context().events.remove(handle);
  });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t handle, cudaStream_t stream, unsigned flags) {
  return api([&] {
    std::shared_ptr<Event> event = find_event(handle);
    Stream& target = find_stream(stream);
    if (flags == cudaEventRecordExternal) {
      if (!target.capture) throw Error(cudaErrorInvalidValue, "an external record is for captures");
      submit(target, RecordCall{event});
      return;
    }
    record(event, target);
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return cudaEventRecordWithFlags(event, stream, cudaEventRecordDefault);
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  return api([&] {
    const Event& event = *find_event(handle);
    refuse_captured(event);
    refuse_unsafe_call();
    bool done = context().work.poll(event.task);
    require_state(Needs::healthy);
    if (!done) throw Error(cudaErrorNotReady, "the event is ahead");
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return api([&] {
    const Event& event = *find_event(handle);
    refuse_captured(event);
    context().work.finish(event.task);
    require_state(Needs::healthy);
  });
}

// The time that the interpreter took: it says nothing about a device.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  return api([&] {
    const Event& first = *find_event(from);
    const Event& second = *find_event(to);
    refuse_captured(first);
    refuse_captured(second);
    if (!first.recorded || !second.recorded ||
        ((first.flags | second.flags) & cudaEventDisableTiming)) {
      throw Error(cudaErrorInvalidResourceHandle, "an event was not recorded, or keeps no time");
    }
    require_done(first);
    require_done(second);
    *milliseconds = std::chrono::duration<float, std::milli>(second.time - first.time).count();
  });
}
}
