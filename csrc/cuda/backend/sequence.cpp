#include "cuda/backend/sequence.h"

#include "core/error.h"

namespace lean::cuda {

Sequence::Sequence(Recording recording) : whole_(recording.launches), rest_({}) {
  if (recording.host.empty()) return;
  const auto& launches = recording.launches;
  const auto at = [&](size_t i) { return launches.begin() + static_cast<std::ptrdiff_t>(i); };
  size_t begin = 0;
  for (auto& [after, step] : recording.host) {
    pieces_.push_back({Graph({at(begin), at(after)}), std::move(step)});
    begin = after;
  }
  rest_ = Graph({at(begin), launches.end()});
}

void Sequence::run(cudaStream_t stream, std::span<const uint64_t> bases) {
  bool any = false;
  for (Piece& piece : pieces_) {
    piece.is_due = piece.step->is_due(bases);
    any = any || piece.is_due;
  }
  if (!any) return whole_.run(stream);
  try {
    for (Piece& piece : pieces_) {
      piece.launches.run(stream);
      if (piece.is_due) piece.step->run(stream);
    }
    rest_.run(stream);
  } catch (...) {
    forget();
    throw;
  }
}

void Sequence::require_capturable() const {
  require(pieces_.empty(), kUnsupported,
          "a step with projector or method \"svd\" cannot be captured into a graph: it calls "
          "cuSOLVER, which needs the host. \"powerIteration\" can");
}

void Sequence::forget() {
  for (Piece& piece : pieces_) piece.step->forget();
}

void Sequence::settle(cudaStream_t stream) {
  for (Piece& piece : pieces_) piece.step->settle(stream);
}

void Sequence::raise() {
  for (Piece& piece : pieces_) piece.step->raise();
}

}  // namespace lean::cuda
