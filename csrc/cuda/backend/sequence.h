// A sequence of a program: one graph, and where the host has steps of its own, the same launches in
// pieces for the runs that need those.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cuda/backend/graph.h"

namespace lean::cuda {

class Sequence {
 public:
  explicit Sequence(Recording recording);

  size_t size() const { return whole_.size(); }
  void run(cudaStream_t stream, std::span<const uint64_t> bases);

  // Into a capture of the caller's, which knows nothing of the host: throws
  // Error(ERR_LEAN_UNSUPPORTED) where it has something to do.
  void require_capturable() const;
  void enqueue(cudaStream_t stream, Bases bases) const { whole_.enqueue(stream, bases); }

  // As steps of the host have them.
  void forget();
  void settle(cudaStream_t stream);
  void raise();

 private:
  struct Piece {
    Graph launches;
    std::unique_ptr<HostStep> step;  // after them
    bool is_due = false;
  };

  Graph whole_;
  std::vector<Piece> pieces_;  // none without steps of the host's
  Graph rest_;                 // what comes after the last of them
};

}  // namespace lean::cuda
