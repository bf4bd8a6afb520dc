// What the tests of the interpreter share.
#pragma once

#include <cuda_runtime_api.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "simt/machine/launch.h"
#include "simt/runtime/options.h"
#include "simt/runtime/report.h"

namespace lean::simt::test {

#define CUDA_OK(call)                                      \
  do {                                                     \
    cudaError_t code_ = (call);                            \
    CHECK_MESSAGE(code_ == cudaSuccess, #call, " gives ",  \
                  std::string(cudaGetErrorName(code_)), ": ", \
                  ::lean::simt::last_error_message());     \
  } while (0)

// Memory of the device with the host's values in it, freed at the end.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    CUDA_OK(cudaMalloc(reinterpret_cast<void**>(&data_), count * sizeof(T)));
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { put(values); }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  operator T*() const { return data_; }
  size_t size() const { return count_; }

  void put(const std::vector<T>& values) {
    CUDA_OK(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  }
  std::vector<T> get() const {
    std::vector<T> values(count_);
    CUDA_OK(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t count_;
};

struct OrderCase {
  Options::Order order;
  uint64_t seed;
  std::string name() const {
    switch (order) {
      case Options::Order::forward:
        return "forward";
      case Options::Order::reverse:
        return "reverse";
      default:
        return "random " + std::to_string(seed);
    }
  }
};

inline std::vector<OrderCase> all_orders() {
  using Order = Options::Order;
  return {{Order::forward, 1}, {Order::reverse, 1}, {Order::random, 1}, {Order::random, 2},
          {Order::random, 3}};
}

// Runs the body in every order of blocks, warps and lanes.
template <class Body>
void in_every_order(Body&& body) {
  Options before = options();
  for (const OrderCase& order : all_orders()) {
    options().order = order.order;
    options().seed = order.seed;
    INFO("order ", order.name());
    body();
  }
  options() = before;
}

}  // namespace lean::simt::test
