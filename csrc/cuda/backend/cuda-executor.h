// A program on a CUDA device: its sequences as graphs on one stream, and the table of bases that
// its kernels read.
#pragma once

#include <cuda_runtime.h>

#include <vector>

#include "core/backend.h"
#include "cuda/backend/device-arena.h"
#include "cuda/backend/sequence.h"

namespace lean::cuda {

class CudaExecutor final : public Executor {
 public:
  CudaExecutor(Backend& backend, int device, const Plan& plan);
  ~CudaExecutor() override;

  void move(int32_t base, void* memory) override;
  void run(size_t sequence, std::span<const double> hyper) override;
  void synchronize() override;
  bool is_done() override;
  void settle() override;
  void wait_event(void* event) override;
  void record_event(void* event) override;
  void copy_in(void* to, const void* host, size_t bytes) override;
  void copy_out(void* host, const void* from, size_t bytes) override;
  std::unique_ptr<Letter> make_letter(size_t bytes) override;
  void* stream() const override { return stream_; }
  size_t bytes() const override { return arena_.bytes(); }
  size_t launches(size_t sequence) const override { return sequences_[sequence].size(); }

 private:
  void enter() const;
  bool is_captured() const;
  void require_no_capture() const;
  void raise();
  void send_hyper(std::span<const double> hyper);
  void send_bases();
  Bases captured_bases(std::span<const double> hyper);

  int device_;
  DeviceArena arena_;
  cudaStream_t stream_ = nullptr;
  bool owns_stream_ = false;
  std::vector<uint64_t> bases_;  // as they should be
  uint64_t* device_bases_;       // as they are on the device, but for [moved_begin_, moved_end_)
  size_t moved_begin_ = 0;
  size_t moved_end_ = 0;
  std::vector<uint64_t> hyper_;      // as last sent; none: unknown
  std::vector<uint64_t> captured_;   // the table of the latest capture, with its hyper-parameters,
  Bases device_captured_ = nullptr;  // on the device
  std::vector<Sequence> sequences_;
};

}  // namespace lean::cuda
