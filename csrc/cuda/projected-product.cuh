// The products of steps whose moments live in a subspace: the projection of a gradient, and what
// goes back. Item is any with the fields grad, param, basis, side and precision.
#pragma once

#include "cuda/device/float-product.cuh"
#include "cuda/device/tensor-product.cuh"
#include "cuda/device/tensor.cuh"
#include "kernels/choices.h"

namespace lean::cuda {

// What multiplies: the ordinary float32 units, or tensor cores that take such operands (split: two
// bfloat16 for each number).
enum class Unit { float32, bfloat16, float16, split };

template <class Item>
constexpr Unit unit_of(const Item& item) {
  if (item.precision == Precision::highest) return Unit::float32;
  if (item.precision == Precision::high) return Unit::split;
  return item.grad.dtype == DType::float16 ? Unit::float16 : Unit::bfloat16;
}

// Of what is projected back, where nothing but a product reads it: bfloat16 where one is all that
// tensor cores read of it.
template <class Item>
constexpr DType coordinate_type(const Item& item) {
  return item.precision == Precision::medium ? DType::bfloat16 : DType::float32;
}

// R = G B (lines of G along its rows), or B^T G.
template <class Item>
__device__ Product projection(const Item& item, Bases bases) {
  const bool right = item.side == Side::right;
  const int64_t depth = item.basis.rows();
  const Operand basis = {at<const void>(item.basis, bases), type_of(item.basis), item.basis.cols(),
                         depth, false};
  const Operand grad = {at<const void>(item.grad, bases), type_of(item.grad),
                        right ? item.param.rows() : item.param.cols(), depth, right};
  return right ? Product{grad, basis} : Product{basis, grad};
}

// back(X) = X B^T, or B X.
template <class Item>
__device__ Product back_projection(const Item& item, const void* x, DType type, Bases bases) {
  const bool right = item.side == Side::right;
  const int64_t rank = item.basis.cols();
  const Operand basis = {at<const void>(item.basis, bases), type_of(item.basis), item.basis.rows(),
                         rank, true};
  const Operand coordinates = {x, type, right ? item.param.rows() : item.param.cols(), rank, right};
  return right ? Product{coordinates, basis} : Product{basis, coordinates};
}

}  // namespace lean::cuda
