// The rounding modes of PTX (9.7.3), and how the host's arithmetic is made to use them.
#pragma once

#include <xmmintrin.h>

#include <cstdint>

namespace lean::simt {

enum class Rounding : uint8_t {
  rn,   // to nearest, ties to even
  rz,   // towards zero
  rm,   // towards minus infinity
  rp,   // towards plus infinity
  rna,  // to nearest, ties away from zero; of conversions only
};

// While it lives, this thread's float and double operations round that way. The barriers keep the
// compiler from moving operations on memory, and with them the arithmetic, across.
template <Rounding rounding>
class RoundingScope {
 public:
  RoundingScope() : old_(_mm_getcsr()) {
    constexpr unsigned kControl[] = {_MM_ROUND_NEAREST, _MM_ROUND_TOWARD_ZERO, _MM_ROUND_DOWN,
                                     _MM_ROUND_UP, _MM_ROUND_NEAREST};
    _mm_setcsr((old_ & ~_MM_ROUND_MASK) | kControl[static_cast<int>(rounding)]);
    asm volatile("" ::: "memory");
  }
  ~RoundingScope() {
    asm volatile("" ::: "memory");
    _mm_setcsr(old_);
  }
  RoundingScope(const RoundingScope&) = delete;
  RoundingScope& operator=(const RoundingScope&) = delete;

 private:
  unsigned old_;
};

// The mode that every thread starts with.
template <>
class RoundingScope<Rounding::rn> {
 public:
  RoundingScope() {}
};

}  // namespace lean::simt
