// What the parts of the stand-in for cuBLAS share.
#pragma once

#include "simt/libs/constants.h"
#include "simt/libs/library.h"
#include "simt/libs/matrix.h"

namespace lean::simt {

inline constexpr StatusCodes kBlasCodes = {kBlasNotInitialized, kBlasInvalidValue,
                                           kBlasExecutionFailed, kBlasNotSupported};

// alpha and beta are the host's, read when the call is made, or the device's, read when it runs.
class Scalar {
 public:
  Scalar(const LibraryHandle& handle, const void* address, cudaDataType type);
  double value() const;

 private:
  const void* device_ = nullptr;
  cudaDataType type_;
  double value_ = 0;
};

template <class Function>
struct BlasEntry : LibraryEntry {
  BlasEntry(const char* name, Function* function) : LibraryEntry("cublas", name, function) {}
};

}  // namespace lean::simt
