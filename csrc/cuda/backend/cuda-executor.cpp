#include "cuda/backend/cuda-executor.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "cuda/backend/any-time.h"
#include "cuda/backend/check.h"
#include "cuda/backend/cuda-letter.h"
#include "cuda/backend/words.h"

namespace lean::cuda {
namespace {

bool is_handles_fault(cudaError_t status) {
  switch (status) {
    case cudaErrorInvalidResourceHandle:
    case cudaErrorContextIsDestroyed:
    case cudaErrorCapturedEvent:           // of a capture that has ended
    case cudaErrorStreamCaptureIsolation:  // from outside of the stream's capture
    case cudaErrorStreamCaptureMerge:      // of another capture
      return true;
    default:
      return false;
  }
}

// Of a call on something of the caller's, a stream or an event. One that was destroyed is an
// argument that is wrong, not a device that fails.
void check_handle(cudaError_t status, const char* parameter) {
  if (status == cudaSuccess) return;
  const std::string name = parameter;
  if (is_handles_fault(status)) {
    static_cast<void>(cudaGetLastError());
    throw Error(kInvalidArg,
                name + " must be one of this device that is not destroyed: " + text_of(status),
                parameter);
  }
  check(status, ("the " + name + " is unusable").c_str());
}

void require_stream(cudaStream_t stream) {
  unsigned flags = 0;
  check_handle(cudaStreamGetFlags(stream, &flags), "stream");
}

}  // namespace

CudaExecutor::CudaExecutor(Backend& backend, int device, const Plan& plan)
    : device_(device), arena_(backend) {
  for (void* base : plan.bases) bases_.push_back(reinterpret_cast<uint64_t>(base));
  enter();
  device_bases_ =
      static_cast<uint64_t*>(arena_.upload(bases_.data(), bases_.size() * sizeof(uint64_t)));
  for (const std::span<const Call> calls : plan.sequences) {
    Recorder recorder(arena_, reinterpret_cast<Bases>(device_bases_), calls, plan.scratch_bytes);
    for (const Call& call : calls) call.run(call.items.get(), call.count, recorder);
    sequences_.emplace_back(recorder.take());
  }
  stream_ = static_cast<cudaStream_t>(plan.stream);
  if (stream_ != nullptr) {
    require_stream(stream_);
    return;
  }
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "could not create a stream");
  owns_stream_ = true;
}

CudaExecutor::~CudaExecutor() {
  cudaSetDevice(device_);
  const AnyTime any_time;
  // What runs still uses this program's memory. Whether it failed is of no interest any more.
  cudaStreamSynchronize(stream_);
  sequences_.clear();
  if (owns_stream_) cudaStreamDestroy(stream_);
  static_cast<void>(cudaGetLastError());
}

// The device is a setting of the thread, and steps may run on any.
void CudaExecutor::enter() const { check(cudaSetDevice(device_), "the device is unusable"); }

void CudaExecutor::move(int32_t base, void* memory) {
  const auto i = static_cast<size_t>(base);
  const auto address = reinterpret_cast<uint64_t>(memory);
  if (bases_[i] == address) return;
  bases_[i] = address;
  moved_begin_ = moved_begin_ == moved_end_ ? i : std::min(moved_begin_, i);
  moved_end_ = std::max(moved_end_, i + 1);
}

void CudaExecutor::send_bases() {
  if (moved_begin_ == moved_end_) return;
  const auto moved = std::span(bases_).subspan(moved_begin_, moved_end_ - moved_begin_);
  write_words(device_bases_ + moved_begin_, moved, stream_);
  moved_begin_ = moved_end_ = 0;
}

void CudaExecutor::send_hyper(std::span<const double> hyper) {
  if (hyper.empty()) return;
  const bool same = hyper_.size() == hyper.size() &&
                    std::memcmp(hyper_.data(), hyper.data(), hyper.size_bytes()) == 0;
  if (same) return;
  hyper_.resize(hyper.size());
  std::memcpy(hyper_.data(), hyper.data(), hyper.size_bytes());
  try {
    write_words(reinterpret_cast<uint64_t*>(bases_[kHyperBase]), hyper_, stream_);
  } catch (...) {
    hyper_.clear();
    throw;
  }
}

// A graph of the caller's is launched when the program may have other addresses and numbers. So it
// gets a table of its own, with hyper-parameters behind it, which nothing writes any more: made
// beside the stream, it costs the graph no launch. It lives as long as the program does.
Bases CudaExecutor::captured_bases(std::span<const double> hyper) {
  std::vector<uint64_t> table = bases_;
  table[kHyperBase] = 0;  // not known yet
  for (const double x : hyper) table.push_back(std::bit_cast<uint64_t>(x));
  if (table == captured_) return device_captured_;
  const AnyTime any_time;
  const size_t bytes = table.size() * sizeof(uint64_t);
  auto* memory = static_cast<uint64_t*>(arena_.allocate(bytes));
  std::vector<uint64_t> placed = table;
  placed[kHyperBase] = reinterpret_cast<uint64_t>(memory + bases_.size());
  arena_.write(memory, placed.data(), bytes);
  captured_ = std::move(table);
  return device_captured_ = reinterpret_cast<Bases>(memory);
}

bool CudaExecutor::is_captured() const {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check_handle(cudaStreamIsCapturing(stream_, &status), "stream");
  return status != cudaStreamCaptureStatusNone;
}

// To wait for a stream that is captured is an error that would spoil the capture.
void CudaExecutor::require_no_capture() const {
  if (!is_captured()) return;
  throw Error(kBusy, "the stream is being captured: end the capture first", "stream");
}

void CudaExecutor::run(size_t sequence, std::span<const double> hyper) {
  enter();
  Sequence& steps = sequences_[sequence];
  if (is_captured()) {
    steps.require_capturable();
    return steps.enqueue(stream_, captured_bases(hyper));
  }
  send_bases();
  send_hyper(hyper);
  steps.run(stream_, bases_);
}

void CudaExecutor::wait_event(void* event) {
  enter();
  check_handle(cudaStreamWaitEvent(stream_, static_cast<cudaEvent_t>(event), 0), "event");
}

void CudaExecutor::record_event(void* event) {
  enter();
  check_handle(cudaEventRecord(static_cast<cudaEvent_t>(event), stream_), "event");
}

void CudaExecutor::synchronize() {
  enter();
  require_no_capture();
  check(cudaStreamSynchronize(stream_), "a step failed");
  raise();
}

bool CudaExecutor::is_done() {
  enter();
  require_no_capture();
  const cudaError_t status = cudaStreamQuery(stream_);
  if (status == cudaErrorNotReady) {
    static_cast<void>(cudaGetLastError());  // or a launch that asks is told so
    return false;
  }
  check(status, "a step failed");
  raise();
  return true;
}

void CudaExecutor::settle() {
  enter();
  require_no_capture();
  for (Sequence& sequence : sequences_) sequence.settle(stream_);
}

void CudaExecutor::raise() {
  for (Sequence& sequence : sequences_) sequence.raise();
}

std::unique_ptr<Letter> CudaExecutor::make_letter(size_t bytes) {
  enter();
  return std::make_unique<CudaLetter>(bytes, device_, stream_);
}

void CudaExecutor::copy_in(void* to, const void* host, size_t bytes) {
  if (bytes == 0) return;
  enter();
  require_no_capture();
  for (Sequence& sequence : sequences_) sequence.forget();
  check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, stream_), "could not copy");
  check(cudaStreamSynchronize(stream_), "could not copy");
}

void CudaExecutor::copy_out(void* host, const void* from, size_t bytes) {
  if (bytes == 0) return;
  enter();
  require_no_capture();
  check(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, stream_), "could not copy");
  check(cudaStreamSynchronize(stream_), "could not copy");
}

}  // namespace lean::cuda
