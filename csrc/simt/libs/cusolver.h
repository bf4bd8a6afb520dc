// What the parts of the stand-in for cuSOLVER share.
#pragma once

#include "simt/libs/constants.h"
#include "simt/libs/library.h"
#include "simt/libs/matrix.h"

namespace lean::simt {

inline constexpr StatusCodes kSolverCodes = {kSolverNotInitialized, kSolverInvalidValue,
                                             kSolverExecutionFailed, kSolverNotSupported};

// Work space that is asked for, though none is needed: enough entries that forgetting it shows.
inline size_t workspace_bytes(int64_t m, int64_t n) {
  return static_cast<size_t>(m + n + 64) * sizeof(double);
}

struct SolverWorkspace {
  const char* name;
  void* address;
  uint64_t bytes;  // given
  uint64_t wanted;
};

inline void check_solver_workspace(const SolverWorkspace& workspace) {
  if (workspace.bytes < workspace.wanted) {
    throw Error(cudaErrorInvalidValue, std::string(workspace.name) + ": a workspace of " +
                                           std::to_string(workspace.bytes) + " bytes, and " +
                                           std::to_string(workspace.wanted) + " are needed");
  }
  check_workspace(workspace.name, workspace.address, workspace.wanted);
}

template <class Function>
struct SolverEntry : LibraryEntry {
  SolverEntry(const char* name, Function* function) : LibraryEntry("cusolver", name, function) {}
};

}  // namespace lean::simt
