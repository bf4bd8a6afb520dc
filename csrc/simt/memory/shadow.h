// A bit for each byte of a piece of memory: has it been written?
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace lean::simt {

// Of a `concurrent` one, several workers may set bits at once.
template <bool concurrent>
class BasicShadow {
 public:
  // For so many bytes, all clear.
  void reset(uint64_t bytes);

  bool complete() const { return full_.load(std::memory_order_relaxed) == words_; }

  void set(uint64_t offset, uint64_t bytes) {
    if (const uint64_t bits = within_word(offset, bytes)) {
      set_word(offset / 64, bits);
    } else {
      set_range(offset, bytes);
    }
  }
  void clear(uint64_t offset, uint64_t bytes) {
    if (const uint64_t bits = within_word(offset, bytes)) {
      clear_word(offset / 64, bits);
    } else {
      clear_range(offset, bytes);
    }
  }
  bool all(uint64_t offset, uint64_t bytes) const {
    if (const uint64_t bits = within_word(offset, bytes)) return (word(offset / 64) & bits) == bits;
    return all_of_range(offset, bytes);
  }
  bool any(uint64_t offset, uint64_t bytes) const {
    if (const uint64_t bits = within_word(offset, bytes)) return (word(offset / 64) & bits) != 0;
    return any_of_range(offset, bytes);
  }
  // Of pieces of `bytes` bytes, at most 64, at 32 offsets that are multiples of it: are all bits of
  // all pieces set, or any of any?
  bool all_of_pieces(const std::array<uint64_t, 32>& offsets, uint32_t bytes) const {
    uint64_t missing = 0;
    for (const uint64_t offset : offsets) {
      missing |= ~plain(offset / 64) & piece(bytes) << offset % 64;
    }
    return missing == 0;
  }
  bool any_of_pieces(const std::array<uint64_t, 32>& offsets, uint32_t bytes) const {
    uint64_t found = 0;
    for (const uint64_t offset : offsets) {
      found |= plain(offset / 64) & piece(bytes) << offset % 64;
    }
    return found != 0;
  }
  void copy(uint64_t offset, const BasicShadow& from, uint64_t from_offset, uint64_t bytes);

 private:
  using Word = std::atomic<uint64_t>;
  static constexpr uint64_t kAll = ~uint64_t{0};

  // The bits of a range, or 0 where it does not lie within one word.
  static uint64_t within_word(uint64_t offset, uint64_t bytes) {
    const uint64_t bit = offset % 64;
    return bytes - 1 < 64 && bit + bytes <= 64 ? kAll >> (64 - bytes) << bit : 0;
  }

  static uint64_t piece(uint32_t bytes) { return kAll >> (64 - bytes); }

  // As word(), but where nobody else writes, so that loops over it can be vectorized.
  uint64_t plain(uint64_t index) const {
    if constexpr (concurrent) return word(index);
    return reinterpret_cast<const uint64_t*>(bits_.get())[index];
  }

  uint64_t word(uint64_t index) const { return bits_[index].load(std::memory_order_relaxed); }

  void set_word(uint64_t index, uint64_t bits) {
    uint64_t old = word(index);
    if ((old & bits) == bits) return;
    if constexpr (concurrent) {
      old = bits_[index].fetch_or(bits, std::memory_order_relaxed);
      if (old != kAll && (old | bits) == kAll) full_.fetch_add(1, std::memory_order_relaxed);
    } else {
      bits_[index].store(old | bits, std::memory_order_relaxed);
      if ((old | bits) == kAll) full_.store(full_ + 1, std::memory_order_relaxed);
    }
  }

  void clear_word(uint64_t index, uint64_t bits) {
    uint64_t old = word(index);
    if constexpr (concurrent) {
      old = bits_[index].fetch_and(~bits, std::memory_order_relaxed);
      if (old == kAll) full_.fetch_sub(1, std::memory_order_relaxed);
    } else {
      bits_[index].store(old & ~bits, std::memory_order_relaxed);
      if (old == kAll) full_.store(full_ - 1, std::memory_order_relaxed);
    }
  }

  void set_range(uint64_t offset, uint64_t bytes);
  void clear_range(uint64_t offset, uint64_t bytes);
  bool all_of_range(uint64_t offset, uint64_t bytes) const;
  bool any_of_range(uint64_t offset, uint64_t bytes) const;

  struct Free {
    void operator()(Word* words) const;
  };
  std::unique_ptr<Word[], Free> bits_;
  uint64_t words_ = 0;
  uint64_t capacity_ = 0;
  std::atomic<uint64_t> full_ = 0;  // words of which all bits are set
};

using Shadow = BasicShadow<true>;
using OwnShadow = BasicShadow<false>;  // of memory that one worker alone touches

extern template class BasicShadow<true>;
extern template class BasicShadow<false>;

}  // namespace lean::simt
