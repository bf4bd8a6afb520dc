// native_load and native_store of some elements, for instruction sets without masks. Calls, because
// they are made once a run and inline they would be most of a kernel's code.
#pragma once

#include <cstring>

namespace lean::cpu::LEAN_ISA {

// The first `count` elements (0 ... kNativeLanes); the others are zero.
[[gnu::noinline]] inline NativeFloat native_load(const float* p, int count) {
  NativeFloat x = {};
  std::memcpy(&x, p, static_cast<size_t>(count) * sizeof *p);
  return x;
}

[[gnu::noinline]] inline NativeHalf native_load(const uint16_t* p, int count) {
  NativeHalf x = {};
  std::memcpy(&x, p, static_cast<size_t>(count) * sizeof *p);
  return x;
}

[[gnu::noinline]] inline void native_store(float* p, NativeFloat x, int count) {
  std::memcpy(p, &x, static_cast<size_t>(count) * sizeof *p);
}

[[gnu::noinline]] inline void native_store(uint16_t* p, NativeHalf x, int count) {
  std::memcpy(p, &x, static_cast<size_t>(count) * sizeof *p);
}

}  // namespace lean::cpu::LEAN_ISA
