// nvcuda::wmma, in every shape and type that mma.h compiles for sm_90 and the interpreter knows.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <doctest/doctest.h>
#include <mma.h>

#include <cmath>
#include <vector>

#include "support.h"

using namespace lean::simt::test;

namespace {

namespace wmma = nvcuda::wmma;

// d = a b + c, of one matrix each. Element is what a fragment is declared with, In what memory
// holds. By way of shared memory if `shared`.
template <class Element, class In, class Out, int m, int n, int k, class LayoutA, class LayoutB,
          bool shared>
__global__ void product(Out* d, const In* a, const In* b, const Out* c, int stride_a, int stride_b,
                        int stride_c) {
  __shared__ alignas(32) In copy[m * k * 2];
  const In* from = a;
  if (shared) {
    for (int i = threadIdx.x; i < m * k; i += 32) copy[i] = a[i];
    __syncthreads();
    from = copy;
  }
  wmma::fragment<wmma::matrix_a, m, n, k, Element, LayoutA> fa;
  wmma::fragment<wmma::matrix_b, m, n, k, Element, LayoutB> fb;
  wmma::fragment<wmma::accumulator, m, n, k, Out> fc;
  wmma::load_matrix_sync(fa, from, stride_a);
  wmma::load_matrix_sync(fb, b, stride_b);
  wmma::load_matrix_sync(fc, c, stride_c, wmma::mem_row_major);
  // What is done to elements does not depend on where they are.
  for (int i = 0; i < fc.num_elements; ++i) fc.x[i] = fc.x[i] + fc.x[i];
  wmma::mma_sync(fc, fa, fb, fc);
  wmma::store_matrix_sync(d, fc, stride_c, wmma::mem_row_major);
}

template <class Element, class In, class Out, int m, int n, int k, class LayoutA, class LayoutB,
          bool shared>
void check(double tolerance) {
  constexpr bool kRowA = std::is_same_v<LayoutA, wmma::row_major>;
  constexpr bool kRowB = std::is_same_v<LayoutB, wmma::row_major>;
  std::vector<In> a(m * k), b(k * n);
  std::vector<Out> c(m * n);
  // Few bits: exact in every format.
  const auto number = [](int i) { return (i * 37 % 17 - 8) / 4.0f; };
  for (size_t i = 0; i < a.size(); ++i) a[i] = In(number(static_cast<int>(i)));
  for (size_t i = 0; i < b.size(); ++i) b[i] = In(number(static_cast<int>(i) + 5));
  for (size_t i = 0; i < c.size(); ++i) c[i] = Out(number(static_cast<int>(i) + 9));
  DeviceArray<In> on_a(a), on_b(b);
  DeviceArray<Out> on_c(c), on_d(c.size());
  product<Element, In, Out, m, n, k, LayoutA, LayoutB, shared>
      <<<1, 32>>>(on_d.data(), on_a.data(), on_b.data(), on_c.data(), kRowA ? k : m, kRowB ? n : k, n);
  CUDA_OK(cudaDeviceSynchronize());
  const std::vector<Out> d = on_d.get();
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) {
      double sum = 2 * static_cast<double>(c[i * n + j]);
      for (int l = 0; l < k; ++l) {
        sum += static_cast<double>(static_cast<float>(a[kRowA ? i * k + l : l * m + i])) *
               static_cast<double>(static_cast<float>(b[kRowB ? l * n + j : j * k + l]));
      }
      CHECK(std::fabs(static_cast<double>(d[i * n + j]) - sum) <= tolerance);
    }
  }
}

template <class Element, class In, class Out, int m, int n, int k>
void check_layouts(double tolerance = 0) {
  using Row = wmma::row_major;
  using Column = wmma::col_major;
  check<Element, In, Out, m, n, k, Row, Row, false>(tolerance);
  check<Element, In, Out, m, n, k, Row, Column, true>(tolerance);
  check<Element, In, Out, m, n, k, Column, Row, true>(tolerance);
  check<Element, In, Out, m, n, k, Column, Column, false>(tolerance);
}

}  // namespace

TEST_CASE("wmma of half precision") {
  check_layouts<__nv_bfloat16, __nv_bfloat16, float, 16, 16, 16>();
  check_layouts<__nv_bfloat16, __nv_bfloat16, float, 32, 8, 16>();
  check_layouts<__nv_bfloat16, __nv_bfloat16, float, 8, 32, 16>();
  check_layouts<__half, __half, float, 16, 16, 16>();
  check_layouts<__half, __half, float, 32, 8, 16>();
  check_layouts<__half, __half, float, 8, 32, 16>();
  check_layouts<__half, __half, __half, 16, 16, 16>(0.0625);
}

TEST_CASE("wmma of tf32 and double") {
  check_layouts<wmma::precision::tf32, float, float, 16, 16, 8>();
  check_layouts<double, double, double, 8, 8, 4>();
}

namespace {

// A matrix of floats read by rows and written by columns.
__global__ void turn(const float* from, float* to, int stride) {
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> fragment;
  wmma::load_matrix_sync(fragment, from, 16, wmma::mem_row_major);
  wmma::store_matrix_sync(to, fragment, stride, wmma::mem_col_major);
}

}  // namespace

TEST_CASE("wmma: a store by columns, with a stride") {
  constexpr int kStride = 20;
  std::vector<float> values(256);
  for (int i = 0; i < 256; ++i) values[i] = static_cast<float>(i);
  DeviceArray<float> from(values), to(std::vector<float>(16 * kStride, -1));
  turn<<<1, 32>>>(from, to, kStride);
  CUDA_OK(cudaDeviceSynchronize());
  const auto results = to.get();
  for (int column = 0; column < 16; ++column) {
    for (int k = 0; k < kStride; ++k) {
      CHECK(results[column * kStride + k] == (k < 16 ? values[k * 16 + column] : -1));
    }
  }
}
