// Dependencies between streams that are not there. Work is kept as long as possible and run latest
// first, which shows them whatever the order within a kernel.
#include "planted.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

__global__ void produce(int* to) { to[threadIdx.x] = threadIdx.x; }
__global__ void consume(const int* from, int* to) { to[threadIdx.x] = from[threadIdx.x] + 1; }

struct Two {
  cudaStream_t first, second;
  cudaEvent_t event;
  Two() {
    runtime_options().late_streams = true;
    runtime_options().stream_seed = 0;
    CUDA_OK(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    CUDA_OK(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    CUDA_OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  }
};

}  // namespace

TEST_CASE("planted: a wait for an event is missing") {
  check_planted({cudaErrorLaunchFailure, "that nothing has written"}, [](bool broken) {
    Two streams;
    DeviceArray<int> work(32), to(32);
    produce<<<1, 32, 0, streams.first>>>(work);
    CUDA_OK(cudaEventRecord(streams.event, streams.first));
    if (!broken) CUDA_OK(cudaStreamWaitEvent(streams.second, streams.event, 0));
    consume<<<1, 32, 0, streams.second>>>(work, to);
    return cudaStreamSynchronize(streams.second);
  });
}

TEST_CASE("planted: the event is recorded before the work") {
  check_planted({cudaErrorLaunchFailure, "that nothing has written"}, [](bool broken) {
    Two streams;
    DeviceArray<int> work(32), to(32);
    if (broken) CUDA_OK(cudaEventRecord(streams.event, streams.first));
    produce<<<1, 32, 0, streams.first>>>(work);
    if (!broken) CUDA_OK(cudaEventRecord(streams.event, streams.first));
    CUDA_OK(cudaStreamWaitEvent(streams.second, streams.event, 0));
    consume<<<1, 32, 0, streams.second>>>(work, to);
    return cudaStreamSynchronize(streams.second);
  });
}

TEST_CASE("planted: work starts before the copy of its input") {
  check_planted({cudaErrorLaunchFailure, "that nothing has written"}, [](bool broken) {
    Two streams;
    DeviceArray<int> work(32), to(32);
    std::vector<int> host(32, 5);
    CUDA_OK(cudaMemcpyAsync(work, host.data(), 128, cudaMemcpyHostToDevice, streams.first));
    if (!broken) CUDA_OK(cudaStreamSynchronize(streams.first));
    consume<<<1, 32, 0, streams.second>>>(work, to);
    return cudaStreamSynchronize(streams.second);
  });
}

TEST_CASE("planted: memory is freed in one stream while another uses it") {
  check_planted({cudaErrorIllegalAddress, "freed"}, [](bool broken) {
    Two streams;
    DeviceArray<int> to(32);
    int* work;
    CUDA_OK(cudaMallocAsync(reinterpret_cast<void**>(&work), 128, streams.first));
    produce<<<1, 32, 0, streams.first>>>(work);
    CUDA_OK(cudaStreamSynchronize(streams.first));
    consume<<<1, 32, 0, streams.second>>>(work, to);
    CUDA_OK(cudaEventRecord(streams.event, streams.second));
    if (!broken) CUDA_OK(cudaStreamWaitEvent(streams.first, streams.event, 0));
    CUDA_OK(cudaFreeAsync(work, streams.first));
    return cudaDeviceSynchronize();
  });
}

// What these two spoil is data, which no check of the machine can know to be wrong.
namespace {

template <class Run>
void check_wrong_result(Run&& run) {
  in_every_order([&] {
    cudaDeviceReset();
    CHECK_FALSE(run(true));
    cudaDeviceReset();
    CHECK(run(false));
  });
}

}  // namespace

TEST_CASE("planted: pinned memory is used again before its copy has run") {
  check_wrong_result([](bool broken) {
    Two streams;
    DeviceArray<int> first(1), second(1);
    int* pinned;
    CUDA_OK(cudaMallocHost(reinterpret_cast<void**>(&pinned), sizeof(int)));
    *pinned = 1;
    CUDA_OK(cudaMemcpyAsync(first, pinned, 4, cudaMemcpyHostToDevice, streams.first));
    if (!broken) CUDA_OK(cudaStreamSynchronize(streams.first));
    *pinned = 2;
    CUDA_OK(cudaMemcpyAsync(second, pinned, 4, cudaMemcpyHostToDevice, streams.first));
    CUDA_OK(cudaDeviceSynchronize());
    return first.get()[0] == 1 && second.get()[0] == 2;
  });
}

TEST_CASE("planted: a result is read before its copy has run") {
  check_wrong_result([](bool broken) {
    Two streams;
    DeviceArray<int> work(std::vector<int>{7});
    int* pinned;
    CUDA_OK(cudaMallocHost(reinterpret_cast<void**>(&pinned), sizeof(int)));
    *pinned = 0;
    CUDA_OK(cudaMemcpyAsync(pinned, work, 4, cudaMemcpyDeviceToHost, streams.first));
    if (!broken) CUDA_OK(cudaStreamSynchronize(streams.first));
    return *pinned == 7;
  });
}

TEST_CASE("planted: a buffer is filled anew while another stream reads it") {
  check_wrong_result([](bool broken) {
    Two streams;
    DeviceArray<int> work(std::vector<int>(32, 1)), to(32);
    consume<<<1, 32, 0, streams.first>>>(work, to);
    CUDA_OK(cudaEventRecord(streams.event, streams.first));
    if (!broken) CUDA_OK(cudaStreamWaitEvent(streams.second, streams.event, 0));
    CUDA_OK(cudaMemsetAsync(work, 0, 128, streams.second));
    CUDA_OK(cudaDeviceSynchronize());
    return to.get()[0] == 2;
  });
}
