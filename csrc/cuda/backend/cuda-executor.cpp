#include "cuda/backend/cuda-executor.h"

#include <algorithm>
#include <cstring>

#include "cuda/backend/check.h"
#include "cuda/backend/cuda-letter.h"
#include "cuda/backend/words.h"

namespace lean::cuda {
namespace {

// Of the caller's. One that was destroyed is an argument that is wrong, not a device that fails.
void require_stream(cudaStream_t stream) {
  unsigned flags = 0;
  const cudaError_t status = cudaStreamGetFlags(stream, &flags);
  if (status == cudaErrorInvalidResourceHandle || status == cudaErrorContextIsDestroyed) {
    static_cast<void>(cudaGetLastError());
    throw Error(kInvalidArg, "stream is none of this device: " + text_of(status));
  }
  check(status, "the given stream is unusable");
}

}  // namespace

CudaExecutor::CudaExecutor(Backend& backend, int device, const Plan& plan)
    : device_(device), arena_(backend) {
  for (void* base : plan.bases) bases_.push_back(reinterpret_cast<uint64_t>(base));
  enter();
  device_bases_ =
      static_cast<uint64_t*>(arena_.upload(bases_.data(), bases_.size() * sizeof(uint64_t)));
  for (const std::span<const Call> calls : plan.sequences) {
    Recorder recorder(arena_, reinterpret_cast<Bases>(device_bases_));
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
  write_words(reinterpret_cast<uint64_t*>(bases_[kHyperBase]), hyper_, stream_);
}

// Of what the device holds nothing is known: everything is sent before the next run.
void CudaExecutor::forget_sent() {
  hyper_.clear();
  moved_begin_ = 0;
  moved_end_ = bases_.size();
}

bool CudaExecutor::is_captured() const {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream_, &status), "the stream is unusable");
  return status != cudaStreamCaptureStatusNone;
}

void CudaExecutor::run(size_t sequence, std::span<const double> hyper) {
  enter();
  Graph& graph = sequences_[sequence];
  if (!owns_stream_ && is_captured()) {
    // The caller's graph brings along all that the step reads, whatever ran before a replay of it,
    // and leaves that behind, whenever it is replayed.
    forget_sent();
    send_bases();
    send_hyper(hyper);
    graph.enqueue(stream_);
    return forget_sent();
  }
  send_bases();
  send_hyper(hyper);
  graph.run(stream_);
}

void CudaExecutor::synchronize() {
  enter();
  check(cudaStreamSynchronize(stream_), "a step failed");
}

bool CudaExecutor::is_done() {
  enter();
  const cudaError_t status = cudaStreamQuery(stream_);
  if (status == cudaErrorNotReady) return false;
  check(status, "a step failed");
  return true;
}

std::unique_ptr<Letter> CudaExecutor::make_letter(size_t bytes) {
  enter();
  return std::make_unique<CudaLetter>(bytes, device_, stream_);
}

void CudaExecutor::copy_in(void* to, const void* host, size_t bytes) {
  if (bytes == 0) return;
  enter();
  check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, stream_), "could not copy");
  check(cudaStreamSynchronize(stream_), "could not copy");
}

void CudaExecutor::copy_out(void* host, const void* from, size_t bytes) {
  if (bytes == 0) return;
  enter();
  check(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, stream_), "could not copy");
  check(cudaStreamSynchronize(stream_), "could not copy");
}

}  // namespace lean::cuda
