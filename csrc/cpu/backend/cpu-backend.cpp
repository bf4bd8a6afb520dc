#include "cpu/backend/cpu-backend.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "cpu/backend/linalg.h"
#include "cpu/backend/pool.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace lean::cpu {
namespace {

constexpr std::string_view kIsaNames[] = {"baseline", "avx2", "avx512"};
constexpr size_t kHugePage = 2 << 20;

int detect_isa() {
  int level = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2")) {
    level = 1;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      level = 2;
    }
  }
#endif
  if (const char* asked = std::getenv("LEAN_OPTIM_ISA")) {
    for (int i = 0; i < level; ++i) {
      if (asked == kIsaNames[i]) level = i;
    }
  }
  return level;
}

int default_threads() {
  if (const char* asked = std::getenv("LEAN_OPTIM_THREADS")) {
    const int n = std::atoi(asked);
    if (n > 0) return n;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::atomic<int>& wanted_threads() {
  static std::atomic<int> n{default_threads()};
  return n;
}

void copy(void* to, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

// The threads of all programs, which take turns.
class SharedPool {
 public:
  void run(std::span<const Call> calls) {
    const std::lock_guard lock(mutex_);
    const int wanted = wanted_threads();
    if (!pool_ || pool_->workers() != wanted) {
      pool_.reset();
      pool_ = std::make_unique<Pool>(wanted);
    }
    for (const Call& call : calls) call.run(call.items.get(), call.count, *pool_);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Pool> pool_;
};

class CpuLetter final : public Letter {
 public:
  explicit CpuLetter(size_t bytes) : copy_(bytes) {}

  size_t bytes() const override { return copy_.size(); }
  void send(const void* device) override { copy(copy_.data(), device, copy_.size()); }
  const void* read() override { return copy_.data(); }

 private:
  std::vector<std::byte> copy_;
};

// Kernels run on the items as they are, at once.
class CpuExecutor final : public Executor {
 public:
  CpuExecutor(SharedPool& pool, const Plan& plan) : pool_(pool), sequences_(plan.sequences) {}

  void move(int32_t, void*) override {}
  void run(size_t sequence, std::span<const double>) override { pool_.run(sequences_[sequence]); }
  void synchronize() override {}
  bool is_done() override { return true; }
  void copy_in(void* device, const void* host, size_t bytes) override { copy(device, host, bytes); }
  void copy_out(void* host, const void* device, size_t bytes) override {
    copy(host, device, bytes);
  }
  std::unique_ptr<Letter> make_letter(size_t bytes) override {
    return std::make_unique<CpuLetter>(bytes);
  }
  void* stream() const override { return nullptr; }
  size_t bytes() const override { return 0; }
  size_t launches(size_t sequence) const override { return sequences_[sequence].size(); }

 private:
  SharedPool& pool_;
  std::vector<std::span<const Call>> sequences_;
};

class CpuBackend final : public Backend {
 public:
  std::string_view name() const override { return "cpu"; }
  int level() const override { return isa_level(); }
  std::string kind() const override { return std::string(isa_name()) + "/" + blas_kind(); }
  bool is_host() const override { return true; }

  void* allocate(size_t bytes) override {
    if (bytes == 0) return nullptr;
    const size_t alignment = bytes >= kHugePage ? kHugePage : 64;
    const size_t padded = (bytes + alignment - 1) / alignment * alignment;
    void* memory = padded < bytes ? nullptr : std::aligned_alloc(alignment, padded);
    if (memory == nullptr) {
      throw Error(kOutOfMemory, "could not allocate " + std::to_string(bytes) + " bytes");
    }
#if defined(__linux__)
    // Column panels stride over thousands of pages; huge ones keep them in the TLB.
    if (bytes >= kHugePage) madvise(memory, padded, MADV_HUGEPAGE);
#endif
    std::memset(memory, 0, bytes);
    return memory;
  }

  void release(void* memory, size_t) noexcept override { std::free(memory); }

  void copy_in(void* device, const void* host, size_t bytes) override { copy(device, host, bytes); }
  void copy_out(void* host, const void* device, size_t bytes) override {
    copy(host, device, bytes);
  }

  std::unique_ptr<Executor> prepare(const Plan& plan) override {
    return std::make_unique<CpuExecutor>(pool_, plan);
  }

 private:
  SharedPool pool_;
};

// Immortal: its threads may still be asleep in it when the process's destructors run.
Backend& instance() {
  static auto* backend = new CpuBackend;
  return *backend;
}

[[maybe_unused]] const bool registered = (register_backend("cpu", instance), true);

}  // namespace

int isa_level() {
  static const int level = detect_isa();
  return level;
}

std::string_view isa_name() { return kIsaNames[isa_level()]; }

int threads() { return wanted_threads(); }

void set_threads(int n) { wanted_threads() = n > 0 ? n : default_threads(); }

}  // namespace lean::cpu
