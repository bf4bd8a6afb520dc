// What a GPU can do at most, one number a call, as JSON:
//   ceilings list            the names of what can be measured here
//   ceilings copy            GB/s of a copy, bytes read and written both counted
//   ceilings read            GB/s of reading alone
//   ceilings mma.sync        TFLOP/s of mma.sync.m16n8k16, bfloat16 into float32, operands in
//   registers ceilings wgmma           TFLOP/s of wgmma.m64n256k16, the same, operands in shared
//   memory (sm_90a) ceilings float32         TFLOP/s of fused multiply-adds outside the tensor
//   cores
// A program of its own, with nothing of the library in it: floors must not depend on what they
// judge. Operands are random, since zeros need less power and clocks then stay higher.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

namespace {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s: %s\n", what, cudaGetErrorName(status), cudaGetErrorString(status));
  std::exit(1);
}

__device__ uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}

// Two bfloat16 in ±[0.5, 1).
__device__ uint32_t random_pair(uint32_t seed) { return (mix(seed) & 0x807f807fu) | 0x3f003f00u; }

// Loads of four elements are under way before the first is stored.
__global__ void copy(const uint4* __restrict__ from, uint4* __restrict__ to, int64_t count) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (; i + 3 * stride < count; i += 4 * stride) {
    uint4 held[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) held[k] = from[i + k * stride];
#pragma unroll
    for (int k = 0; k < 4; ++k) to[i + k * stride] = held[k];
  }
  for (; i < count; i += stride) to[i] = from[i];
}

__global__ void read(const uint4* __restrict__ from, uint32_t* sink, int64_t count) {
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  uint32_t seen = 0;
  int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (; i + 7 * stride < count; i += 8 * stride) {
    uint4 held[8];
#pragma unroll
    for (int k = 0; k < 8; ++k) held[k] = from[i + k * stride];
#pragma unroll
    for (int k = 0; k < 8; ++k) seen ^= held[k].x ^ held[k].y ^ held[k].z ^ held[k].w;
  }
  for (; i < count; i += stride) seen ^= from[i].x;
  if (seen == 0x12345678u) *sink = seen;  // never, which the compiler cannot know
}

constexpr int kRounds = 4096;
constexpr int kChains = 8;  // independent sums of a warp, enough to hide one product's latency

__global__ void mma_sync(float* sink) {
  const uint32_t seed = 64 * (blockIdx.x * blockDim.x + threadIdx.x);
  uint32_t a[4], b[kChains][2];
  float sum[kChains][4] = {};
  for (int i = 0; i < 4; ++i) a[i] = random_pair(seed + i);
  for (int c = 0; c < kChains; ++c) {
    for (int i = 0; i < 2; ++i) b[c][i] = random_pair(seed + 4 + 2 * c + i);
  }
  for (int round = 0; round < kRounds; ++round) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
          "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
          : "+f"(sum[c][0]), "+f"(sum[c][1]), "+f"(sum[c][2]), "+f"(sum[c][3])
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[c][0]), "r"(b[c][1]));
    }
  }
  float all = 0;
  for (int c = 0; c < kChains; ++c) {
    for (int i = 0; i < 4; ++i) all += sum[c][i];
  }
  sink[blockIdx.x * blockDim.x + threadIdx.x] = all;
}
constexpr double kMmaFlops = 2.0 * 16 * 8 * 16 * kChains * kRounds;  // of a warp

__global__ void fused_multiply_add(float* sink) {
  constexpr int chains = 16;
  const float factor = 1.0f - 1e-7f * threadIdx.x;
  float sum[chains];
  for (int c = 0; c < chains; ++c) sum[c] = 1e-3f * (c + threadIdx.x);
  for (int round = 0; round < kRounds; ++round) {
#pragma unroll
    for (int c = 0; c < chains; ++c) sum[c] = fmaf(sum[c], factor, 1e-4f);
  }
  float all = 0;
  for (float one : sum) all += one;
  sink[blockIdx.x * blockDim.x + threadIdx.x] = all;
}
constexpr double kFmaFlops = 2.0 * 16 * kRounds;  // of a thread

// The 128 accumulators of a thread, as operands of one instruction.
#define LEAN_8(m, i) m(i) m(i + 1) m(i + 2) m(i + 3) m(i + 4) m(i + 5) m(i + 6) m(i + 7)
#define LEAN_64(m, i) \
  LEAN_8(m, i)        \
  LEAN_8(m, i + 8)    \
  LEAN_8(m, i + 16)   \
  LEAN_8(m, i + 24) LEAN_8(m, i + 32) LEAN_8(m, i + 40) LEAN_8(m, i + 48) LEAN_8(m, i + 56)

constexpr int kWgmmaThreads = 256;         // two warpgroups, one m64n256 tile each
constexpr int kStep = 64;                  // of k held in shared memory, 128 bytes a row
constexpr int kRowsA = 128, kRowsB = 256;  // of both warpgroups' A, and the B they share
constexpr int kWgmmaBytes = (kRowsA + kRowsB) * kStep * 2 + 1024;

// A matrix in shared memory: rows of 128 bytes, swizzled, groups of 8 rows 1024 bytes apart.
__device__ uint64_t descriptor(const void* memory) {
  const uint64_t address = __cvta_generic_to_shared(memory);
  return ((address & 0x3ffff) >> 4) | uint64_t{1} << 16 | uint64_t{1024 >> 4} << 32 |
         uint64_t{1} << 62;
}

__global__ void __launch_bounds__(kWgmmaThreads, 1) wgmma(float* sink, int* ran) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  extern __shared__ char raw[];
  auto* base = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(raw) + 1023) / 1024 * 1024);
  auto* words = reinterpret_cast<uint32_t*>(base);
  for (int i = threadIdx.x; i < (kRowsA + kRowsB) * kStep / 2; i += blockDim.x) {
    words[i] = random_pair(i + blockIdx.x * 99991);
  }
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  const int group = threadIdx.x / 128;
  const uint64_t a = descriptor(base + group * 64 * kStep * 2);
  const uint64_t b = descriptor(base + kRowsA * kStep * 2);
  float d[128] = {};
  for (int round = 0; round < kRounds / 4; ++round) {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
    for (int k = 0; k < kStep / 16; ++k) {  // 32 bytes further along k
#define LEAN_OPERAND(i) "+f"(d[i]),
      asm volatile(
          "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 "
          "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,"
          "%24,%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,"
          "%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63,%64,%65,%66,%67,"
          "%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,"
          "%90,%91,%92,%93,%94,%95,%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,"
          "%109,%110,%111,%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,"
          "%126,%127}, %128, %129, 1, 1, 1, 0, 0;"
          : LEAN_64(LEAN_OPERAND, 0) LEAN_8(LEAN_OPERAND, 64) LEAN_8(LEAN_OPERAND, 72)
              LEAN_8(LEAN_OPERAND, 80) LEAN_8(LEAN_OPERAND, 88) LEAN_8(LEAN_OPERAND, 96)
                  LEAN_8(LEAN_OPERAND, 104) LEAN_8(LEAN_OPERAND, 112) LEAN_OPERAND(120)
                      LEAN_OPERAND(121) LEAN_OPERAND(122) LEAN_OPERAND(123) LEAN_OPERAND(124)
                          LEAN_OPERAND(125) LEAN_OPERAND(126) "+f"(d[127])
          : "l"(a + 2 * k), "l"(b + 2 * k));
#undef LEAN_OPERAND
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");  // one stays under way
  }
  asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
  float all = 0;
  for (float one : d) all += one;
  sink[blockIdx.x * blockDim.x + threadIdx.x] = all;
  *ran = 1;
#else
  *ran = 0;
#endif
}
constexpr double kWgmmaFlops = 2.0 * 2 * 64 * 256 * kStep * (kRounds / 4);  // of a block

constexpr int64_t kBytes = int64_t{1} << 30;
constexpr int kSamples = 20;
constexpr float kWarmUpMs = 500;  // by then clocks are what they stay at

// Median milliseconds of a launch.
float median_ms(const std::function<void()>& launch) {
  cudaEvent_t start, end;
  check(cudaEventCreate(&start), "event");
  check(cudaEventCreate(&end), "event");
  const auto time = [&] {
    check(cudaEventRecord(start), "event");
    launch();
    check(cudaEventRecord(end), "event");
    check(cudaEventSynchronize(end), "kernel");
    check(cudaGetLastError(), "launch");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, start, end), "event");
    return ms;
  };
  for (float spent = 0; spent < kWarmUpMs;) spent += std::max(time(), 0.01f);
  std::vector<float> times;
  for (int i = 0; i < kSamples; ++i) times.push_back(time());
  std::sort(times.begin(), times.end());
  return times[kSamples / 2];
}

void report(double rate, const char* unit, float ms, const char* with) {
  std::printf("{\"rate\": %.1f, \"unit\": \"%s\", \"ms\": %.4f, \"with\": \"%s\"}\n", rate, unit,
              ms, with);
}

int processors() {
  int count = 0;
  check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, 0), "device");
  return count;
}

// The best of some grids: which one it is depends on the chip.
template <class Launch>
void best_bandwidth(int64_t bytes, Launch launch) {
  float best = 0;
  char with[64] = "";
  for (int threads : {256, 512, 1024}) {
    for (int blocks : {2, 4, 8, 16}) {
      const float ms = median_ms([&] { launch(blocks * processors(), threads); });
      if (best != 0 && ms >= best) continue;
      best = ms;
      std::snprintf(with, sizeof with, "%d threads, %d blocks a multiprocessor", threads, blocks);
    }
  }
  report(bytes / 1e6 / best, "GB/s", best, with);
}

template <class Kernel>
void best_rate(Kernel kernel, double flops_of_thread, float* sink) {
  float best = 0;
  double rate = 0;
  char with[64] = "";
  for (int threads : {128, 256, 512}) {
    for (int blocks : {1, 2, 4}) {
      const int grid = blocks * processors();
      const float ms = median_ms([&] { kernel<<<grid, threads>>>(sink); });
      const double found = flops_of_thread * grid * threads / 1e9 / ms;
      if (found <= rate) continue;
      rate = found;
      best = ms;
      std::snprintf(with, sizeof with, "%d threads, %d blocks a multiprocessor", threads, blocks);
    }
  }
  report(rate, "TFLOP/s", best, with);
}

void measure_wgmma(float* sink) {
  int* ran = nullptr;
  check(cudaMalloc(&ran, sizeof(int)), "memory");
  check(cudaFuncSetAttribute(wgmma, cudaFuncAttributeMaxDynamicSharedMemorySize, kWgmmaBytes),
        "wgmma");
  const int grid = processors();
  const float ms = median_ms([&] { wgmma<<<grid, kWgmmaThreads, kWgmmaBytes>>>(sink, ran); });
  int did = 0;
  check(cudaMemcpy(&did, ran, sizeof did, cudaMemcpyDeviceToHost), "memory");
  if (did)
    report(kWgmmaFlops * grid / 1e9 / ms, "TFLOP/s", ms, "two warpgroups a multiprocessor");
  else
    std::printf("{\"skipped\": \"compiled without sm_90a\"}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "list";
  int major = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), "device");
  if (std::strcmp(what, "list") == 0) {
    std::printf("copy\nread\nmma.sync\nfloat32\n%s", major == 9 ? "wgmma\n" : "");
    return 0;
  }
  uint4 *from = nullptr, *to = nullptr;
  check(cudaMalloc(&from, kBytes), "memory");
  check(cudaMalloc(&to, kBytes), "memory");
  check(cudaMemset(from, 0x5a, kBytes), "memory");
  auto* sink = reinterpret_cast<float*>(to);
  const int64_t count = kBytes / sizeof(uint4);
  if (std::strcmp(what, "copy") == 0) {
    best_bandwidth(2 * kBytes,
                   [=](int grid, int threads) { copy<<<grid, threads>>>(from, to, count); });
  } else if (std::strcmp(what, "read") == 0) {
    best_bandwidth(kBytes, [=](int grid, int threads) {
      read<<<grid, threads>>>(from, reinterpret_cast<uint32_t*>(to), count);
    });
  } else if (std::strcmp(what, "mma.sync") == 0) {
    best_rate(mma_sync, kMmaFlops / 32, sink);
  } else if (std::strcmp(what, "float32") == 0) {
    best_rate(fused_multiply_add, kFmaFlops, sink);
  } else if (std::strcmp(what, "wgmma") == 0) {
    measure_wgmma(sink);
  } else {
    std::fprintf(stderr, "nothing is called %s: ceilings list\n", what);
    return 2;
  }
  return 0;
}
