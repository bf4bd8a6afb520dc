// Functions that nvcc does not inline, and the slow paths of its mathematics.
#include <cmath>

#include "support.h"

using namespace lean::simt::test;

namespace {

struct Pair {
  double a;
  float b;
};

__noinline__ __device__ Pair blend(Pair x, const float* weights, int n) {
  Pair sum{x.a, 0};
  for (int i = 0; i < n; ++i) {
    if (weights[i] < 0) return {sum.a, -1};
    sum.a += weights[i];
    sum.b += x.b * weights[i];
  }
  return sum;
}

__noinline__ __device__ float sum_of_block(float x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < 64; ++i) sum += tile[i];
  __syncthreads();
  return sum;
}

__global__ void blends(const float* weights, double* to) {
  const int i = threadIdx.x;
  Pair first = blend({1.0 * i, 2.0f}, weights, i % 7);
  if (i % 3 == 0) first = blend(first, weights, 2);
  to[2 * i] = first.a;
  to[2 * i + 1] = first.b + sum_of_block(i);
}

__global__ void powers(const double* x, const double* y, double* to) {
  const int i = threadIdx.x;
  to[3 * i] = pow(x[i], y[i]);
  to[3 * i + 1] = sin(x[i] * 1e7);
  to[3 * i + 2] = cos(x[i] * 1e9);
}

}  // namespace

TEST_CASE("functions: __noinline__") {
  in_every_order([] {
    const std::vector<float> values{1, 2, 3, 4, -5, 6, 7};
    DeviceArray<float> weights(values);
    DeviceArray<double> to(128);
    blends<<<1, 64>>>(weights, to);
    CUDA_OK(cudaDeviceSynchronize());
    const auto results = to.get();
    const auto reference = [&](double a, float b, int n) {
      Pair sum{a, 0};
      for (int i = 0; i < n; ++i) {
        if (values[i] < 0) return Pair{sum.a, -1};
        sum.a += values[i];
        sum.b += b * values[i];
      }
      return sum;
    };
    for (int i = 0; i < 64; ++i) {
      Pair wanted = reference(i, 2, i % 7);
      if (i % 3 == 0) wanted = reference(wanted.a, wanted.b, 2);
      CHECK(results[2 * i] == wanted.a);
      CHECK(results[2 * i + 1] == wanted.b + 63 * 32);
    }
  });
}

TEST_CASE("functions: pow, and sin and cos of large angles, in double precision") {
  std::vector<double> x(64), y(64);
  for (int i = 0; i < 64; ++i) {
    x[i] = 0.25 + i * 0.37;
    y[i] = -3 + i * 0.11;
  }
  x[1] = -2, y[1] = 3;
  x[2] = 0, y[2] = 2;
  DeviceArray<double> from(x), exponents(y), to(192);
  powers<<<1, 64>>>(from, exponents, to);
  CUDA_OK(cudaDeviceSynchronize());
  const auto results = to.get();
  for (int i = 0; i < 64; ++i) {
    CHECK(results[3 * i] == doctest::Approx(std::pow(x[i], y[i])).epsilon(1e-14));
    CHECK(std::fabs(results[3 * i + 1] - std::sin(x[i] * 1e7)) < 1e-15);
    CHECK(std::fabs(results[3 * i + 2] - std::cos(x[i] * 1e9)) < 1e-15);
  }
}
