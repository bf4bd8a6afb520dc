// A gradient that stays as it was in the call in which a refresh is due, for a basis that is
// computed beside the steps; and the way of that basis into the state, where it waits
// (kernels/basis.h). The state is written in the steps' own stream alone.
#pragma once

#include "cuda/device/octet.cuh"
#include "cuda/refresh/basis-refresh.cuh"

namespace lean::cuda {

// On the device, of one call.
struct Aside {
  int64_t calls;
  int32_t is_due;    // 0: the step was skipped
  uint32_t largest;  // bits of the largest magnitude in the gradient
  int32_t is_found;  // 1: there is a basis in the gradient's place
};

template <class Item>
__global__ void open_aside(const Item* item, Aside* aside, Bases bases) {
  const bool is_due =
      at<const void>(item->grad, bases) != nullptr && BasisRefresh::is_due(*item, bases);
  *aside = {at<const Counters>(item->counters, bases)->calls, is_due, 0, 0};
}

// `to` <- the gradient, as it is.
template <class Item>
__global__ void __launch_bounds__(kThreads)
    set_aside(const Item* item, Aside* aside, void* to, Bases bases) {
  if (!aside->is_due) return;
  const Tensor& tensor = item->grad;
  const void* grad = at<const void>(tensor, bases);
  const int64_t count = tensor.numel();
  uint32_t most = 0;
  Grid::threads(count, kOctet, [&](int64_t i) {
    const int64_t left = count - i;
    const int here = left < kOctet ? static_cast<int>(left) : kOctet;
    store(to, tensor.dtype, i, here, load(grad, tensor.dtype, i, here));
    raise_to_octet(most, grad, tensor.dtype, count, i);
  });
  merge_largest(&aside->largest, most);
}

// Has the basis wait that was found, projected x rank, or counts a refusal.
template <class Item>
__global__ void __launch_bounds__(kThreads)
    deliver(const Item* item, const Aside* aside, const float* basis, Bases bases) {
  if (!aside->is_due) return;
  if (!aside->is_found) {
    if (Grid::is_first()) ++at<Counters>(item->counters, bases)->refused;
    return;
  }
  const Tensor& next = item->next;
  void* to = at<void>(next, bases);
  const int64_t count = next.numel();
  Grid::threads(count, kOctet, [&](int64_t i) {
    const int64_t left = count - i;
    const int here = left < kOctet ? static_cast<int>(left) : kOctet;
    const Octet octet = widen(load(basis, DType::float32, i, here), DType::float32);
    store(to, next.dtype, i, here, narrow(octet, next.dtype));
  });
  if (Grid::is_first()) *at<int64_t>(item->next_call, bases) = aside->calls;
}

}  // namespace lean::cuda
