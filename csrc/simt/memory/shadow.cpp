#include "simt/memory/shadow.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace lean::simt {
namespace {

// Calls visit(word, bits) for the words of a range until it returns false.
template <class Visit>
bool each_word(uint64_t offset, uint64_t bytes, Visit visit) {
  uint64_t at = offset;
  const uint64_t end = offset + bytes;
  while (at < end) {
    const uint64_t bit = at % 64;
    const uint64_t count = std::min(64 - bit, end - at);
    const uint64_t bits = (count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << bit;
    if (!visit(at / 64, bits)) return false;
    at += count;
  }
  return true;
}

}  // namespace

template <bool concurrent>
void BasicShadow<concurrent>::Free::operator()(Word* words) const {
  std::free(words);
}

template <bool concurrent>
void BasicShadow<concurrent>::reset(uint64_t bytes) {
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
  full_ = 0;
  // The bits after the end count as set, so that a last word can be full.
  if (bytes % 64 != 0) set_word(words - 1, kAll << (bytes % 64));
}

template <bool concurrent>
void BasicShadow<concurrent>::set_range(uint64_t offset, uint64_t bytes) {
  each_word(offset, bytes, [&](uint64_t index, uint64_t bits) {
    set_word(index, bits);
    return true;
  });
}

template <bool concurrent>
void BasicShadow<concurrent>::clear_range(uint64_t offset, uint64_t bytes) {
  each_word(offset, bytes, [&](uint64_t index, uint64_t bits) {
    clear_word(index, bits);
    return true;
  });
}

template <bool concurrent>
bool BasicShadow<concurrent>::all_of_range(uint64_t offset, uint64_t bytes) const {
  return each_word(offset, bytes,
                   [&](uint64_t index, uint64_t bits) { return (word(index) & bits) == bits; });
}

template <bool concurrent>
bool BasicShadow<concurrent>::any_of_range(uint64_t offset, uint64_t bytes) const {
  return !each_word(offset, bytes,
                    [&](uint64_t index, uint64_t bits) { return (word(index) & bits) == 0; });
}

template <bool concurrent>
void BasicShadow<concurrent>::copy(uint64_t offset, const BasicShadow& from, uint64_t from_offset,
                                   uint64_t bytes) {
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

template class BasicShadow<true>;
template class BasicShadow<false>;

}  // namespace lean::simt
