#include <algorithm>

#include "cuda/backend/check.h"
#include "cuda/backend/words.h"

namespace lean::cuda {
namespace {

// Parameters are at most 4 KiB on every architecture; a launch copies all of them.
constexpr size_t kFew = 24;
constexpr size_t kMany = 480;

template <size_t N>
struct Words {
  uint64_t word[N];
};

template <size_t N>
__global__ void write(uint64_t* to, unsigned count, const __grid_constant__ Words<N> words) {
  const unsigned i = threadIdx.x;
  if (i < count) to[i] = words.word[i];
}

template <size_t N>
void launch(uint64_t* device, std::span<const uint64_t> words, cudaStream_t stream) {
  Words<N> values = {};
  std::copy(words.begin(), words.end(), values.word);
  auto count = static_cast<unsigned>(words.size());
  void* arguments[] = {&device, &count, &values};
  constexpr unsigned kThreads = (N + 31) / 32 * 32;
  check(cudaLaunchKernel(reinterpret_cast<const void*>(&write<N>), dim3(1), dim3(kThreads),
                         arguments, 0, stream),
        "could not send numbers to the device");
}

}  // namespace

void write_words(uint64_t* device, std::span<const uint64_t> words, cudaStream_t stream) {
  while (!words.empty()) {
    const auto now = words.first(std::min(words.size(), kMany));
    now.size() <= kFew ? launch<kFew>(device, now, stream) : launch<kMany>(device, now, stream);
    device += now.size();
    words = words.subspan(now.size());
  }
}

cudaError_t find_code() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(&write<kFew>));
}

}  // namespace lean::cuda
