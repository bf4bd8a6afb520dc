// Planted bugs. Each case is one function with the bug in it or not: with it, every scheduling
// order must find it; without it, every order must run clean.
#pragma once

#include "../support.h"

namespace lean::simt::test {

struct Expected {
  cudaError_t code;
  const char* words;   // in the report
  bool races = false;  // found by the race detector alone
};

inline cudaError_t outcome_of(cudaError_t error) {
  cudaError_t pending = cudaGetLastError();
  cudaError_t waited = cudaDeviceSynchronize();
  if (error == cudaSuccess) error = pending;
  return error != cudaSuccess ? error : waited;
}

// `run(broken)` launches, and returns cudaSuccess or an error that it was given.
template <class Run>
void check_planted(const Expected& expected, Run&& run) {
  in_every_order([&] {
    options().races = expected.races;
    cudaDeviceReset();
    cudaError_t code = outcome_of(run(true));
    CHECK_MESSAGE(code == expected.code, "with the bug: ", std::string(cudaGetErrorName(code)), "\n",
                  last_fault_report(), last_error_message());
    std::string text = last_fault_report() + last_error_message();
    CHECK_MESSAGE(text.find(expected.words) != std::string::npos, "no \"", std::string(expected.words),
                  "\" in: ", text);

    cudaDeviceReset();
    code = outcome_of(run(false));
    CHECK_MESSAGE(code == cudaSuccess, "without it: ", std::string(cudaGetErrorName(code)), "\n",
                  last_fault_report());
  });
}

}  // namespace lean::simt::test
