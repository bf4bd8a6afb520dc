// Counter-based randomness: every draw is a function of (seed, stream, calls, index), so it does
// not depend on threads, tiles or devices and is replayed exactly after a resume.
#pragma once

#include <cstdint>

namespace lean {

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection that avalanches.
constexpr uint64_t mix64(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// One key for everything that is drawn for one parameter in one step. `stream` tells apart
// parameters and uses.
constexpr uint64_t random_key(int64_t seed, int64_t stream, int64_t calls) {
  return mix64(static_cast<uint64_t>(seed) ^
               mix64(static_cast<uint64_t>(stream) ^ mix64(static_cast<uint64_t>(calls))));
}

constexpr uint64_t random_bits(uint64_t key, uint64_t index) { return mix64(key ^ mix64(index)); }

// Uniform in (0, 1), 53 bits.
constexpr double random_uniform(uint64_t key, uint64_t index) {
  return (static_cast<double>(random_bits(key, index) >> 11) + 0.5) * 0x1p-53;
}

// 32 bits for each element of a tensor at the cost of two multiplies ("lowbias32", C. Wellons), for
// scalars and for vectors of uint32 alike. The key's halves enter before and after the first
// multiply, so that tensors of more than 2^32 elements can put their high bits into the key.
template <class U>
constexpr U random_bits32(U index, uint32_t key_lo, uint32_t key_hi) {
  U x = index ^ key_lo;
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ key_hi ^ (x >> 15)) * 0x735a2d97u;
  return x ^ (x >> 15);
}

}  // namespace lean
