// A float for the rules of csrc/math, with every product that may be fused written as one: what the
// compiler would contract by itself depends on the code around it.
#pragma once

namespace lean::cuda {

struct Real {
  float x;
};

__host__ __device__ inline Real operator+(Real a, Real b) { return {a.x + b.x}; }
__host__ __device__ inline Real operator-(Real a, Real b) { return {a.x - b.x}; }
__host__ __device__ inline Real operator*(Real a, Real b) { return {a.x * b.x}; }
__host__ __device__ inline Real operator*(Real a, float b) { return {a.x * b}; }
__host__ __device__ inline Real operator/(Real a, Real b) { return {a.x / b.x}; }

__host__ __device__ inline Real multiply_add(Real a, float b, Real c) {
  return {fmaf(a.x, b, c.x)};
}
__host__ __device__ inline Real multiply_add(Real a, float b, float c) { return {fmaf(a.x, b, c)}; }

__host__ __device__ inline Real magnitude(Real a) { return {fabsf(a.x)}; }

__host__ __device__ inline Real square_root(Real a) { return {sqrtf(a.x)}; }

}  // namespace lean::cuda
