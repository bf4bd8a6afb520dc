#include "simt/memory/shadow.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace lean::simt {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// Calls visit(word, bits) for the words of a range until it returns false.
template <class Visit>
bool each_word(uint64_t offset, uint64_t bytes, Visit visit) {
  uint64_t at = offset;
  const uint64_t end = offset + bytes;
  while (at < end) {
    const uint64_t bit = at % 64;
    const uint64_t count = std::min(64 - bit, end - at);
    const uint64_t bits = (count == 64 ? kAll : (uint64_t{1} << count) - 1) << bit;
    if (!visit(at / 64, bits)) return false;
    at += count;
  }
  return true;
}

}  // namespace

void Shadow::Free::operator()(Word* words) const { std::free(words); }

void Shadow::reset(uint64_t bytes) {
  const uint64_t words = (bytes + 63) / 64;
  if (words > capacity_) {
    // Zero pages cost nothing until they are touched.
    auto* fresh = static_cast<Word*>(std::calloc(words, sizeof(Word)));
    if (fresh == nullptr) throw std::bad_alloc();
    bits_.reset(fresh);
    capacity_ = words;
  } else if (words > 0) {
    std::memset(static_cast<void*>(bits_.get()), 0, words * sizeof(Word));
  }
  words_ = words;
  bytes_ = bytes;
  full_ = 0;
  // The bits after the end count as set, so that a last word can be full.
  if (bytes % 64 != 0) set_word(words - 1, kAll << (bytes % 64));
}

void Shadow::set_word(uint64_t word, uint64_t bits) {
  uint64_t old = bits_[word].load(std::memory_order_relaxed);
  if ((old & bits) == bits) return;
  old = bits_[word].fetch_or(bits, std::memory_order_relaxed);
  if (old != kAll && (old | bits) == kAll) full_.fetch_add(1, std::memory_order_relaxed);
}

void Shadow::set(uint64_t offset, uint64_t bytes) {
  each_word(offset, bytes, [&](uint64_t word, uint64_t bits) {
    set_word(word, bits);
    return true;
  });
}

void Shadow::clear(uint64_t offset, uint64_t bytes) {
  each_word(offset, bytes, [&](uint64_t word, uint64_t bits) {
    const uint64_t old = bits_[word].fetch_and(~bits, std::memory_order_relaxed);
    if (old == kAll) full_.fetch_sub(1, std::memory_order_relaxed);
    return true;
  });
}

bool Shadow::all(uint64_t offset, uint64_t bytes) const {
  return each_word(offset, bytes, [&](uint64_t word, uint64_t bits) {
    return (bits_[word].load(std::memory_order_relaxed) & bits) == bits;
  });
}

bool Shadow::any(uint64_t offset, uint64_t bytes) const {
  return !each_word(offset, bytes, [&](uint64_t word, uint64_t bits) {
    return (bits_[word].load(std::memory_order_relaxed) & bits) == 0;
  });
}

uint64_t Shadow::first_clear(uint64_t offset, uint64_t bytes) const {
  uint64_t found = offset + bytes;
  each_word(offset, bytes, [&](uint64_t word, uint64_t bits) {
    const uint64_t missing = bits & ~bits_[word].load(std::memory_order_relaxed);
    if (missing == 0) return true;
    found = word * 64 + static_cast<uint64_t>(std::countr_zero(missing));
    return false;
  });
  return found;
}

void Shadow::copy(uint64_t offset, const Shadow& from, uint64_t from_offset, uint64_t bytes) {
  if (bytes == 0) return;
  if (from.complete() || from.all(from_offset, bytes)) return set(offset, bytes);
  for (uint64_t i = 0; i < bytes; ++i) {
    if (from.all(from_offset + i, 1)) {
      set(offset + i, 1);
    } else {
      clear(offset + i, 1);
    }
  }
}

}  // namespace lean::simt
