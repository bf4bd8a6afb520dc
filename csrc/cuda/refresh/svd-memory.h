// Device memory for decompositions that take turns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "cuda/libs/svd-solver.h"
#include "cuda/recorder.h"

namespace lean::cuda {

// Room for any of the problems, one at a time.
inline SvdBuffers svd_buffers(std::span<const SvdProblem> problems, SvdSolver& solver,
                              Recorder& recorder) {
  SvdSizes sizes = {};
  for (const SvdProblem& problem : problems) sizes.cover(SvdSizes::of(problem));
  SvdBuffers buffers = {};
  buffers.matrix = recorder.scratch<double>(sizes.matrix);
  buffers.values = recorder.scratch<double>(sizes.values);
  buffers.left = recorder.scratch<double>(sizes.left);
  buffers.right = recorder.scratch<double>(sizes.right);
  buffers.info = recorder.scratch<int>(1);
  for (const SvdProblem& problem : problems) {
    buffers.work_bytes = std::max(buffers.work_bytes, solver.work_bytes(problem, buffers));
  }
  buffers.work = recorder.scratch<std::byte>(static_cast<int64_t>(buffers.work_bytes));
  return buffers;
}

}  // namespace lean::cuda
