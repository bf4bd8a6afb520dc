// What the interfaces of cuBLAS 13 and cuSOLVER 12 say in numbers, as published in their headers,
// which are not part of every CUDA toolkit.
#pragma once

#include <cstdint>

namespace lean::simt {

enum cublasStatus : int {
  kBlasSuccess = 0,
  kBlasNotInitialized = 1,
  kBlasInvalidValue = 7,
  kBlasExecutionFailed = 13,
  kBlasNotSupported = 15,
};

enum cusolverStatus : int {
  kSolverSuccess = 0,
  kSolverNotInitialized = 1,
  kSolverInvalidValue = 3,
  kSolverExecutionFailed = 6,
  kSolverNotSupported = 9,
};

enum cublasOperation : int { kPlain = 0, kTransposed = 1, kConjugate = 2 };
enum cublasFill : int { kLower = 0, kUpper = 1 };
enum cublasDiagonal : int { kNonUnit = 0, kUnit = 1 };
enum cublasSide : int { kLeft = 0, kRight = 1 };
enum cublasPointerMode : int { kHostScalars = 0, kDeviceScalars = 1 };

enum cublasCompute : int {
  kCompute32 = 68,
  kCompute32Pedantic = 69,
  kCompute64 = 70,
  kCompute64Pedantic = 71,
  kCompute32FastHalf = 74,
  kCompute32FastBfloat = 75,
  kCompute32FastTf32 = 77,
};

enum cusolverEigenMode : int { kValuesOnly = 0, kVectors = 1 };
enum cusolverEigenRange : int { kAllValues = 1001, kByIndex = 1002, kByValue = 1003 };

}  // namespace lean::simt
