// A sequence of launches as a CUDA graph, captured when it first runs.
#pragma once

#include <cuda_runtime.h>

#include <utility>
#include <vector>

#include "cuda/recorder.h"

namespace lean::cuda {

class Graph {
 public:
  explicit Graph(std::vector<Launch> launches) : launches_(std::move(launches)) {}
  Graph(Graph&& other) noexcept
      : launches_(std::move(other.launches_)), ready_(std::exchange(other.ready_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(launches_, other.launches_);
    std::swap(ready_, other.ready_);
    return *this;
  }
  ~Graph();

  size_t size() const { return launches_.size(); }
  // Replays the launches as one.
  void run(cudaStream_t stream);
  // Launches them one by one: into a capture of the caller's, with a table of bases of its own.
  void enqueue(cudaStream_t stream, Bases bases = nullptr) const;

 private:
  void capture();

  std::vector<Launch> launches_;
  cudaGraphExec_t ready_ = nullptr;
};

}  // namespace lean::cuda
