// Streams and events with copies and host functions alone.
#include <memory>

#include "simt/runtime/options.h"
#include "support.h"

using namespace lean::simt;
using namespace lean::simt::test;

namespace {

cudaStream_t make_stream(unsigned flags = cudaStreamNonBlocking) {
  cudaStream_t stream;
  CUDA_OK(cudaStreamCreateWithFlags(&stream, flags));
  return stream;
}

cudaEvent_t make_event() {
  cudaEvent_t event;
  CUDA_OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return event;
}

// Notes the order in which things ran.
struct Log {
  std::string text;
  struct Entry {
    Log* log;
    char letter;
  };
  std::vector<std::unique_ptr<Entry>> entries;

  void add(cudaStream_t stream, char letter) {
    entries.push_back(std::make_unique<Entry>(Entry{this, letter}));
    CUDA_OK(cudaLaunchHostFunc(
        stream,
        [](void* data) {
          auto* entry = static_cast<Entry*>(data);
          entry->log->text += entry->letter;
        },
        entries.back().get()));
  }
  bool before(char first, char second) const { return text.find(first) < text.find(second); }
};

void late(uint64_t seed) {
  runtime_options().late_streams = true;
  runtime_options().stream_seed = seed;
}

}  // namespace

TEST_CASE("streams: work runs at once unless told otherwise") {
  runtime_options().late_streams = false;
  Log log;
  cudaStream_t stream = make_stream();
  log.add(stream, 'a');
  CHECK(log.text == "a");
  CUDA_OK(cudaStreamQuery(stream));
  CUDA_OK(cudaStreamDestroy(stream));
  CHECK(cudaStreamDestroy(stream) == cudaErrorInvalidResourceHandle);
}

TEST_CASE("streams: late work waits for a synchronization, and keeps the order of its stream") {
  late(1);
  Log log;
  cudaStream_t stream = make_stream();
  log.add(stream, 'a');
  log.add(stream, 'b');
  CHECK(log.text.empty());
  CHECK(cudaStreamQuery(stream) == cudaErrorNotReady);
  CUDA_OK(cudaStreamSynchronize(stream));
  CHECK(log.text == "ab");
  CUDA_OK(cudaStreamQuery(stream));
}

TEST_CASE("streams: without an event the order among streams is open, with one it is not") {
  bool seen_swapped = false;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    late(seed);
    cudaStream_t first = make_stream(), second = make_stream();
    Log loose;
    loose.add(first, 'a');
    loose.add(second, 'b');
    CUDA_OK(cudaDeviceSynchronize());
    seen_swapped |= loose.text == "ba";

    Log tied;
    cudaEvent_t event = make_event();
    tied.add(first, 'a');
    CUDA_OK(cudaEventRecord(event, first));
    CUDA_OK(cudaStreamWaitEvent(second, event, 0));
    tied.add(second, 'b');
    CUDA_OK(cudaStreamSynchronize(second));
    CHECK(tied.text == "ab");
  }
  CHECK(seen_swapped);
}

TEST_CASE("streams: the latest first shows a missing dependency surely") {
  late(0);
  cudaStream_t first = make_stream(), second = make_stream();
  Log log;
  log.add(first, 'a');
  log.add(second, 'b');
  CUDA_OK(cudaStreamSynchronize(second));
  CHECK(log.text == "b");
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(log.text == "ba");
}

TEST_CASE("streams: the legacy stream waits for blocking streams, and they for it") {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    late(seed);
    cudaStream_t blocking = make_stream(cudaStreamDefault), free = make_stream();
    Log log;
    log.add(blocking, 'a');
    log.add(free, 'x');
    log.add(cudaStreamLegacy, 'b');
    log.add(blocking, 'c');
    log.add(cudaStreamPerThread, 'd');
    CUDA_OK(cudaDeviceSynchronize());
    CHECK(log.before('a', 'b'));
    CHECK(log.before('b', 'c'));
    CHECK(log.before('b', 'd'));
    CHECK(log.text.size() == 5);
  }
}

TEST_CASE("streams: work of a destroyed stream still runs") {
  late(3);
  Log log;
  cudaStream_t stream = make_stream(cudaStreamDefault);
  log.add(stream, 'a');
  CUDA_OK(cudaStreamDestroy(stream));
  log.add(nullptr, 'b');
  CUDA_OK(cudaStreamSynchronize(nullptr));
  CHECK(log.text == "ab");
}

TEST_CASE("streams: polling an event gets on") {
  late(2);
  Log log;
  cudaStream_t stream = make_stream();
  cudaEvent_t event = make_event();
  CUDA_OK(cudaEventQuery(event));  // never recorded
  log.add(stream, 'a');
  log.add(stream, 'b');
  CUDA_OK(cudaEventRecord(event, stream));
  int polls = 0;
  while (cudaEventQuery(event) == cudaErrorNotReady) REQUIRE(++polls < 100);
  CHECK(log.text == "ab");
}

TEST_CASE("streams: pinned memory is read when a late copy runs, pageable memory at once") {
  late(0);
  cudaStream_t stream = make_stream();
  DeviceArray<int> device(2);
  int* pinned;
  CUDA_OK(cudaMallocHost(reinterpret_cast<void**>(&pinned), sizeof(int)));
  int pageable = 1;
  *pinned = 1;
  CUDA_OK(cudaMemcpyAsync(device, &pageable, 4, cudaMemcpyHostToDevice, stream));
  CUDA_OK(cudaMemcpyAsync(device + 1, pinned, 4, cudaMemcpyHostToDevice, stream));
  pageable = *pinned = 2;
  CUDA_OK(cudaStreamSynchronize(stream));
  CHECK(device.get() == std::vector<int>{1, 2});
  CUDA_OK(cudaFreeHost(pinned));
}

TEST_CASE("streams: a copy to pageable memory has ended when its call returns") {
  late(1);
  cudaStream_t stream = make_stream();
  DeviceArray<int> device(1);
  CUDA_OK(cudaMemsetAsync(device, 1, 4, stream));
  int host = 0;
  CUDA_OK(cudaMemcpyAsync(&host, device, 4, cudaMemcpyDeviceToHost, stream));
  CHECK(host == 0x01010101);
}

TEST_CASE("streams: a host function may not call CUDA") {
  cudaError_t inside = cudaSuccess;
  CUDA_OK(cudaLaunchHostFunc(
      nullptr,
      [](void* data) {
        void* pointer;
        *static_cast<cudaError_t*>(data) = cudaMalloc(&pointer, 4);
      },
      &inside));
  CUDA_OK(cudaDeviceSynchronize());
  CHECK(inside == cudaErrorNotPermitted);
}

TEST_CASE("streams: memory that is freed before a late copy has its turn") {
  late(0);
  cudaStream_t stream = make_stream(), other = make_stream();
  void* memory;
  CUDA_OK(cudaMallocAsync(&memory, 64, stream));
  CUDA_OK(cudaMemsetAsync(memory, 0, 64, stream));
  CUDA_OK(cudaFreeAsync(memory, other));  // should come after `stream`'s work, by an event
  CHECK(cudaDeviceSynchronize() == cudaErrorIllegalAddress);
  CHECK(last_fault_report().find("freed before its turn") != std::string::npos);
  CHECK(cudaStreamSynchronize(stream) == cudaErrorIllegalAddress);
  CUDA_OK(cudaDeviceReset());
  CUDA_OK(cudaDeviceSynchronize());
}

TEST_CASE("streams: events and time") {
  cudaEvent_t first, second;
  CUDA_OK(cudaEventCreate(&first));
  CUDA_OK(cudaEventCreate(&second));
  float milliseconds = -1;
  CHECK(cudaEventElapsedTime(&milliseconds, first, second) == cudaErrorInvalidResourceHandle);
  CUDA_OK(cudaEventRecord(first, nullptr));
  CUDA_OK(cudaEventRecord(second, nullptr));
  CUDA_OK(cudaEventSynchronize(second));
  CUDA_OK(cudaEventElapsedTime(&milliseconds, first, second));
  CHECK(milliseconds >= 0);
  cudaEvent_t untimed = make_event();
  CUDA_OK(cudaEventRecord(untimed, nullptr));
  CUDA_OK(cudaEventSynchronize(untimed));
  CHECK(cudaEventElapsedTime(&milliseconds, first, untimed) == cudaErrorInvalidResourceHandle);
}

TEST_CASE("streams: priorities are clamped to what there is") {
  int least, greatest, priority;
  CUDA_OK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  CHECK(greatest < least);
  cudaStream_t stream;
  CUDA_OK(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, -100));
  CUDA_OK(cudaStreamGetPriority(stream, &priority));
  CHECK(priority == greatest);
  unsigned flags;
  CUDA_OK(cudaStreamGetFlags(stream, &flags));
  CHECK(flags == cudaStreamNonBlocking);
}
