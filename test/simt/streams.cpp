// Streams and events with copies and host functions alone.
#include <cuda.h>

#include <atomic>
#include <memory>
#include <thread>

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

namespace {

// A word of the host's that streams wait for.
struct Word {
  uint32_t* memory = nullptr;
  CUresult(CUDAAPI* wait)(CUstream, CUdeviceptr, cuuint32_t, unsigned) = nullptr;

  Word() {
    CUDA_OK(cudaMallocHost(reinterpret_cast<void**>(&memory), sizeof *memory));
    *memory = 0;
    void* found = nullptr;
    CUDA_OK(cudaGetDriverEntryPointByVersion("cuStreamWaitValue32", &found, 12000,
                                             cudaEnableDefault, nullptr));
    wait = reinterpret_cast<decltype(wait)>(found);
  }
  ~Word() { CUDA_OK(cudaFreeHost(memory)); }

  void hold(cudaStream_t stream, uint32_t value, unsigned how = CU_STREAM_WAIT_VALUE_GEQ) {
    CHECK(wait(stream, reinterpret_cast<CUdeviceptr>(memory), value, how) == CUDA_SUCCESS);
  }
  void write(uint32_t value) {
    std::atomic_ref(*memory).store(value, std::memory_order_release);
  }
};

}  // namespace

TEST_CASE("streams: a stream waits for a word of the host's, and the host does not") {
  for (const bool is_late : {false, true}) {
    runtime_options().late_streams = is_late;
    for (uint64_t seed = 0; seed < 4; ++seed) {
      runtime_options().stream_seed = seed;
      Word word;
      Log log;
      cudaStream_t stream = make_stream(), other = make_stream();
      log.add(stream, 'a');
      word.hold(stream, 2);
      log.add(stream, 'b');
      log.add(other, 'x');
      CUDA_OK(cudaStreamSynchronize(other));
      for (const uint32_t value : {0u, 1u, 0x80000003u}) {
        word.write(value);
        for (int i = 0; i < 8; ++i) CHECK(cudaStreamQuery(stream) == cudaErrorNotReady);
        CHECK(log.text.find('b') == std::string::npos);
      }
      word.write(3);
      CUDA_OK(cudaStreamSynchronize(stream));
      CHECK(log.before('a', 'b'));
      CHECK(log.text.size() == 3);
      // What was enqueued behind a wait is in order, too.
      word.hold(stream, 4, CU_STREAM_WAIT_VALUE_EQ);
      cudaEvent_t event = make_event();
      log.add(stream, 'c');
      CUDA_OK(cudaEventRecord(event, stream));
      CUDA_OK(cudaStreamWaitEvent(other, event, 0));
      log.add(other, 'd');
      CHECK(cudaStreamQuery(other) == cudaErrorNotReady);
      word.write(4);
      CUDA_OK(cudaStreamSynchronize(other));
      CHECK(log.before('c', 'd'));
    }
  }
}

TEST_CASE("streams: who waits for a stream lets the thread work that it waits for") {
  for (const bool is_late : {false, true}) {
    runtime_options().late_streams = is_late;
    runtime_options().stream_seed = 0;
    Word word;
    Log log;
    cudaStream_t stream = make_stream(), side = make_stream();
    cudaEvent_t begin = make_event();
    log.add(stream, 'a');
    CUDA_OK(cudaEventRecord(begin, stream));
    word.hold(stream, 1);
    log.add(stream, 'c');
    std::thread worker([&] {
      CUDA_OK(cudaStreamWaitEvent(side, begin, 0));
      log.add(side, 'b');
      CUDA_OK(cudaStreamSynchronize(side));
      word.write(1);
    });
    CUDA_OK(cudaStreamSynchronize(stream));
    worker.join();
    CHECK(log.text == "abc");
  }
}

TEST_CASE("streams: a word that nobody could wait for") {
  runtime_options().late_streams = false;
  Word word;
  cudaStream_t stream = make_stream();
  const auto at = [&](const void* address) {
    return word.wait(stream, reinterpret_cast<CUdeviceptr>(address), 1, 0);
  };
  uint32_t pageable = 0;
  CHECK(at(&pageable) == CUDA_ERROR_INVALID_VALUE);
  CHECK(at(reinterpret_cast<std::byte*>(word.memory) + 2) == CUDA_ERROR_INVALID_VALUE);
  CHECK(word.wait(stream, reinterpret_cast<CUdeviceptr>(word.memory), 1, 99) ==
        CUDA_ERROR_INVALID_VALUE);
  CUDA_OK(cudaStreamQuery(stream));
}
