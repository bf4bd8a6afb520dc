// Handles, streams and modes of cuBLAS.
#include <cstring>

#include "simt/libs/cublas.h"

namespace lean::simt {

Scalar::Scalar(const LibraryHandle& handle, const void* address, cudaDataType type) : type_(type) {
  if (!address) throw Error(cudaErrorInvalidValue, "alpha or beta is a null pointer");
  if (handle.pointer_mode == kDeviceScalars) {
    device_ = address;
  } else if (type == CUDA_R_64F) {
    std::memcpy(&value_, address, sizeof value_);
  } else {
    float value;
    std::memcpy(&value, address, sizeof value);
    value_ = value;
  }
}

double Scalar::value() const {
  if (!device_) return value_;
  return fetch<double>({"alpha or beta", device_, 1, 1, 1, type_})[0];
}

namespace {

int create(LibraryHandle** handle) {
  return library_call(kBlasCodes, [&] { *handle = create_handle(); });
}

int destroy(LibraryHandle* handle) {
  return library_call(kBlasCodes, [&] { destroy_handle(handle); });
}

int set_stream(LibraryHandle* handle, cudaStream_t stream) {
  return library_call(kBlasCodes, [&] { check_handle(handle).stream = stream; });
}

int get_stream(LibraryHandle* handle, cudaStream_t* stream) {
  return library_call(kBlasCodes, [&] { *stream = check_handle(handle).stream; });
}

int set_workspace(LibraryHandle* handle, void* address, size_t bytes) {
  return library_call(kBlasCodes, [&] {
    check_handle(handle);
    check_workspace("cublasSetWorkspace", address, bytes);
  });
}

int set_pointer_mode(LibraryHandle* handle, int mode) {
  return library_call(kBlasCodes, [&] { check_handle(handle).pointer_mode = mode; });
}

int get_pointer_mode(LibraryHandle* handle, int* mode) {
  return library_call(kBlasCodes, [&] { *mode = check_handle(handle).pointer_mode; });
}

int set_math_mode(LibraryHandle* handle, int mode) {
  return library_call(kBlasCodes, [&] { check_handle(handle).math_mode = mode; });
}

int get_math_mode(LibraryHandle* handle, int* mode) {
  return library_call(kBlasCodes, [&] { *mode = check_handle(handle).math_mode; });
}

int get_version(LibraryHandle*, int* version) {
  *version = 130000;
  return kBlasSuccess;
}

const char* status_name(int status) {
  switch (status) {
    case kBlasSuccess:
      return "CUBLAS_STATUS_SUCCESS";
    case kBlasNotInitialized:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case kBlasInvalidValue:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case kBlasNotSupported:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
  }
}

const BlasEntry kCreate("cublasCreate_v2", create);
const BlasEntry kDestroy("cublasDestroy_v2", destroy);
const BlasEntry kSetStream("cublasSetStream_v2", set_stream);
const BlasEntry kGetStream("cublasGetStream_v2", get_stream);
const BlasEntry kSetWorkspace("cublasSetWorkspace_v2", set_workspace);
const BlasEntry kSetPointerMode("cublasSetPointerMode_v2", set_pointer_mode);
const BlasEntry kGetPointerMode("cublasGetPointerMode_v2", get_pointer_mode);
const BlasEntry kSetMathMode("cublasSetMathMode", set_math_mode);
const BlasEntry kGetMathMode("cublasGetMathMode", get_math_mode);
const BlasEntry kVersion("cublasGetVersion_v2", get_version);
const BlasEntry kStatusName("cublasGetStatusName", status_name);
const BlasEntry kStatusString("cublasGetStatusString", status_name);

}  // namespace
}  // namespace lean::simt
