// Matrix products of cuBLAS: c <- alpha op(a) op(b) + beta c.
#include <algorithm>
#include <bit>
#include <cstdint>

#include "core/half.h"
#include "simt/libs/cublas.h"
#include "simt/libs/lapack.h"

namespace lean::simt {
namespace {

struct Operand {
  const void* address;
  cudaDataType type;
  int64_t ld;
  int64_t stride;  // from batch to batch, in entries
};

struct Product {
  const char* name;
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  Operand a, b, c;
  int64_t batch = 1;
  int compute;
};

int64_t entry_bytes(cudaDataType type) {
  return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2;
}

DeviceMatrix matrix(const char* name, const Operand& operand, int64_t rows, int64_t columns,
                    int64_t at) {
  const char* address =
      static_cast<const char*>(operand.address) + at * operand.stride * entry_bytes(operand.type);
  return {name, address, rows, columns, operand.ld, operand.type};
}

DeviceMatrix matrix_a(const Product& product, int64_t at) {
  bool turned = product.transpose_a;
  return matrix("gemm: A", product.a, turned ? product.k : product.m,
                turned ? product.m : product.k, at);
}

DeviceMatrix matrix_b(const Product& product, int64_t at) {
  bool turned = product.transpose_b;
  return matrix("gemm: B", product.b, turned ? product.n : product.k,
                turned ? product.k : product.n, at);
}

// What tensor cores make of a float: 10 bits after the point, to nearest.
float to_tf32(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) return x;
  bits += 0x0fffu + (bits >> 13 & 1u);
  return std::bit_cast<float>(bits & 0xffffe000u);
}

void reduce_precision(int compute, std::vector<float>& values) {
  for (float& x : values) {
    switch (compute) {
      case kCompute32FastTf32:
        x = to_tf32(x);
        break;
      case kCompute32FastBfloat:
        x = to_float(from_float<bfloat16>(x));
        break;
      case kCompute32FastHalf:
        x = to_float(from_float<float16>(x));
        break;
      default:
        return;
    }
  }
}

void reduce_precision(int, std::vector<double>&) {}

template <class T>
void compute(const Product& product, double alpha, double beta) {
  for (int64_t at = 0; at < product.batch; ++at) {
    std::vector<T> a, b, c(static_cast<size_t>(product.m * product.n));
    // With alpha or beta 0, what they are multiplied with is not read.
    if (alpha != 0) {
      a = fetch<T>(matrix_a(product, at));
      b = fetch<T>(matrix_b(product, at));
    } else {
      a.resize(static_cast<size_t>(product.m * product.k));
      b.resize(static_cast<size_t>(product.k * product.n));
    }
    reduce_precision(product.compute, a);
    reduce_precision(product.compute, b);
    DeviceMatrix to = matrix("gemm: C", product.c, product.m, product.n, at);
    if (beta != 0) c = fetch<T>(to);
    gemm<T>(product.transpose_a, product.transpose_b, product.m, product.n, product.k,
            static_cast<T>(alpha), a, b, static_cast<T>(beta), c);
    store(to, c);
  }
}

int submit(LibraryHandle* handle, const Product& product, const void* alpha, const void* beta) {
  return library_call(kBlasCodes, [&] {
    LibraryHandle& checked = check_handle(handle);
    bool wide = product.compute == kCompute64 || product.compute == kCompute64Pedantic;
    bool known = wide || product.compute == kCompute32 || product.compute == kCompute32Pedantic ||
                 product.compute == kCompute32FastTf32 || product.compute == kCompute32FastBfloat ||
                 product.compute == kCompute32FastHalf;
    if (!known) throw Error(cudaErrorNotSupported, "a product computed in another type");
    check(matrix_a(product, 0));
    check(matrix_b(product, 0));
    check(matrix("gemm: C", product.c, product.m, product.n, 0));
    cudaDataType scalars = wide ? CUDA_R_64F : CUDA_R_32F;
    Scalar times(checked, alpha, scalars), plus(checked, beta, scalars);
    if (product.m == 0 || product.n == 0) return;
    enqueue(checked, [=] {
      wide ? compute<double>(product, times.value(), plus.value())
           : compute<float>(product, times.value(), plus.value());
    });
  });
}

template <class Size>
int gemm_ex(LibraryHandle* handle, int op_a, int op_b, Size m, Size n, Size k, const void* alpha,
            const void* a, cudaDataType type_a, Size lda, const void* b, cudaDataType type_b,
            Size ldb, const void* beta, void* c, cudaDataType type_c, Size ldc, int compute, int) {
  return submit(handle,
                {"cublasGemmEx",
                 op_a != kPlain,
                 op_b != kPlain,
                 m,
                 n,
                 k,
                 {a, type_a, lda, 0},
                 {b, type_b, ldb, 0},
                 {c, type_c, ldc, 0},
                 1,
                 compute},
                alpha, beta);
}

int gemm_strided_ex(LibraryHandle* handle, int op_a, int op_b, int m, int n, int k,
                    const void* alpha, const void* a, cudaDataType type_a, int lda,
                    long long stride_a, const void* b, cudaDataType type_b, int ldb,
                    long long stride_b, const void* beta, void* c, cudaDataType type_c, int ldc,
                    long long stride_c, int batch, int compute, int) {
  return submit(handle,
                {"cublasGemmStridedBatchedEx",
                 op_a != kPlain,
                 op_b != kPlain,
                 m,
                 n,
                 k,
                 {a, type_a, lda, stride_a},
                 {b, type_b, ldb, stride_b},
                 {c, type_c, ldc, stride_c},
                 batch,
                 compute},
                alpha, beta);
}

template <class T, class Size>
int gemm_plain(LibraryHandle* handle, int op_a, int op_b, Size m, Size n, Size k, const T* alpha,
               const T* a, Size lda, const T* b, Size ldb, const T* beta, T* c, Size ldc) {
  constexpr bool kWide = sizeof(T) == 8;
  cudaDataType type = kWide ? CUDA_R_64F : CUDA_R_32F;
  return gemm_ex<Size>(handle, op_a, op_b, m, n, k, alpha, a, type, lda, b, type, ldb, beta, c,
                       type, ldc, kWide ? kCompute64 : kCompute32, 0);
}

int sgemm_ex(LibraryHandle* handle, int op_a, int op_b, int m, int n, int k, const float* alpha,
             const void* a, cudaDataType type_a, int lda, const void* b, cudaDataType type_b,
             int ldb, const float* beta, void* c, cudaDataType type_c, int ldc) {
  return gemm_ex<int>(handle, op_a, op_b, m, n, k, alpha, a, type_a, lda, b, type_b, ldb, beta, c,
                      type_c, ldc, kCompute32, 0);
}

int sgemm_strided(LibraryHandle* handle, int op_a, int op_b, int m, int n, int k,
                  const float* alpha, const float* a, int lda, long long stride_a, const float* b,
                  int ldb, long long stride_b, const float* beta, float* c, int ldc,
                  long long stride_c, int batch) {
  return gemm_strided_ex(handle, op_a, op_b, m, n, k, alpha, a, CUDA_R_32F, lda, stride_a, b,
                         CUDA_R_32F, ldb, stride_b, beta, c, CUDA_R_32F, ldc, stride_c, batch,
                         kCompute32, 0);
}

const BlasEntry kGemmEx("cublasGemmEx", gemm_ex<int>);
const BlasEntry kGemmEx64("cublasGemmEx_64", gemm_ex<int64_t>);
const BlasEntry kGemmStridedEx("cublasGemmStridedBatchedEx", gemm_strided_ex);
const BlasEntry kSgemm("cublasSgemm_v2", gemm_plain<float, int>);
const BlasEntry kSgemm64("cublasSgemm_v2_64", gemm_plain<float, int64_t>);
const BlasEntry kDgemm("cublasDgemm_v2", gemm_plain<double, int>);
const BlasEntry kDgemm64("cublasDgemm_v2_64", gemm_plain<double, int64_t>);
const BlasEntry kSgemmEx("cublasSgemmEx", sgemm_ex);
const BlasEntry kSgemmStrided("cublasSgemmStridedBatched", sgemm_strided);

}  // namespace
}  // namespace lean::simt
