// Whether OpenBLAS may be called from several threads at once.
#pragma once

#include <mutex>

namespace lean::cpu {

// Held around every call of OpenBLAS. It locks nothing where OpenBLAS takes care of itself: in its
// threaded builds, and in serial ones whose allocator is wrapped (blas-locks.cpp).
class BlasTurn {
 public:
  BlasTurn();

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace lean::cpu
