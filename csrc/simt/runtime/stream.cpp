#include "simt/runtime/stream.h"

#include "simt/runtime/capture.h"
#include "simt/runtime/context.h"

namespace lean::simt {

Stream& find_stream(cudaStream_t handle) {
  Context& all = context();
  if (!handle || handle == cudaStreamLegacy) return *all.legacy;
  if (handle == cudaStreamPerThread) {
    auto& stream = all.per_thread[std::this_thread::get_id()];
    if (!stream) {
      stream = std::make_shared<Stream>();
      stream->id = ++all.next_id;
    }
    return *stream;
  }
  return *all.streams.find(handle, "stream");
}

const std::shared_ptr<Event>& find_event(cudaEvent_t handle) {
  return context().events.find(handle, "event");
}

std::vector<TaskPtr> predecessors(const Stream& stream) {
  Context& all = context();
  std::vector<TaskPtr> before{stream.last};
  if (stream.blocking()) before.push_back(all.legacy->last);
  if (stream.legacy) {
    for (auto& [handle, other] : all.streams.all()) {
      if (other->blocking()) before.push_back(other->last);
    }
    std::erase_if(all.orphans, [](const TaskPtr& task) { return task->done; });
    before.insert(before.end(), all.orphans.begin(), all.orphans.end());
    for (auto& [thread, other] : all.per_thread) before.push_back(other->last);
  }
  return before;
}

TaskPtr submit_task(Stream& stream, std::vector<TaskPtr> also_after, std::function<void()> run) {
  std::vector<TaskPtr> before = predecessors(stream);
  before.insert(before.end(), also_after.begin(), also_after.end());
  stream.last = context().work.submit(std::move(before), std::move(run));
  return stream.last;
}

void submit_wait(Stream& stream, std::function<bool()> may_run) {
  refuse_implicit_dependency(stream);
  if (stream.capture) {
    throw Error(cudaErrorNotSupported, "a wait for a word in memory is not modelled in a capture");
  }
  stream.last = context().work.submit_wait(predecessors(stream), std::move(may_run));
}

void submit(Stream& stream, Operation operation) {
  refuse_implicit_dependency(stream);
  if (stream.capture) {
    add_captured(stream, std::move(operation));
    return;
  }
  if (auto* copy = std::get_if<CopyCall>(&operation)) stage_pageable_source(*copy);
  submit_task(stream, {}, [operation = std::move(operation)] { execute(operation); });
}

void synchronize(Stream& stream) {
  refuse_synchronizing(stream);
  for (const TaskPtr& task : predecessors(stream)) context().work.finish(task);
  // What was waited for may have failed, and this is the call that says so.
  require_state(Needs::healthy);
}

void record(const std::shared_ptr<Event>& event, Stream& stream) {
  refuse_implicit_dependency(stream);
  if (stream.capture) {
    record_captured(*event, stream);
    return;
  }
  event->capture.reset();
  event->frontier.clear();
  event->recorded = true;
  event->task = submit_task(stream, {}, [event] { execute(RecordCall{event}); });
}

void wait(Stream& stream, const Event& event) {
  if (stream.capture || event.capture) {
    wait_captured(stream, event);
    return;
  }
  if (event.task && !event.task->done) submit_task(stream, {event.task}, nullptr);
}

}  // namespace lean::simt
