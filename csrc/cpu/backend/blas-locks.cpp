// Every routine of OpenBLAS begins by taking a buffer from a table. A serial build that was made
// without USE_LOCKING (Debian's is one) searches that table without a lock, so two threads can get
// the same buffer, and wrong products. Linking a static library with
//   --wrap=blas_memory_alloc --wrap=blas_memory_free
// puts a lock around the search. Where that was not done, threads take turns in OpenBLAS instead,
// which is right but no faster than one thread.
#include "cpu/backend/blas-locks.h"

#include <atomic>

extern "C" {
int openblas_get_parallel();
void dpotrf_(const char* triangle, const int* n, double* a, const int* lda, int* info, size_t);
}

namespace lean::cpu {
namespace {

[[maybe_unused]] std::mutex table_mutex;
std::atomic<bool> wrapped{false};

// Asks OpenBLAS itself: every factorization takes a buffer.
bool one_at_a_time() {
  static const bool result = [] {
    if (openblas_get_parallel() != 0) return false;
    const int one = 1;
    int info = 0;
    double a = 1;
    dpotrf_("L", &one, &a, &one, &info, 1);
    return !wrapped;
  }();
  return result;
}

}  // namespace

BlasTurn::BlasTurn() {
  static std::mutex mutex;
  if (one_at_a_time()) lock_ = std::unique_lock(mutex);
}

}  // namespace lean::cpu

#if defined(__ELF__)  // elsewhere linkers know no --wrap

extern "C" {

// The linker's names for what is wrapped; absent where nothing is.
[[gnu::weak]] void* __real_blas_memory_alloc(int use);
[[gnu::weak]] void __real_blas_memory_free(void* buffer);

void* __wrap_blas_memory_alloc(int use) {
  const std::lock_guard lock(lean::cpu::table_mutex);
  lean::cpu::wrapped = true;
  return __real_blas_memory_alloc(use);
}

void __wrap_blas_memory_free(void* buffer) {
  const std::lock_guard lock(lean::cpu::table_mutex);
  __real_blas_memory_free(buffer);
}

}  // extern "C"

#endif
