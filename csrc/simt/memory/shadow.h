// A bit for each byte of a piece of memory: has it been written?
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace lean::simt {

// Several workers may set bits at once.
class Shadow {
 public:
  Shadow() = default;
  explicit Shadow(uint64_t bytes) { reset(bytes); }
  // For so many bytes, all clear.
  void reset(uint64_t bytes);

  bool complete() const { return full_.load(std::memory_order_relaxed) == words_; }
  void set(uint64_t offset, uint64_t bytes);
  void clear(uint64_t offset, uint64_t bytes);
  bool all(uint64_t offset, uint64_t bytes) const;
  bool any(uint64_t offset, uint64_t bytes) const;
  // The first clear byte of the range, or its end.
  uint64_t first_clear(uint64_t offset, uint64_t bytes) const;
  void copy(uint64_t offset, const Shadow& from, uint64_t from_offset, uint64_t bytes);

 private:
  using Word = std::atomic<uint64_t>;
  struct Free {
    void operator()(Word* words) const;
  };
  void set_word(uint64_t word, uint64_t bits);

  std::unique_ptr<Word[], Free> bits_;
  uint64_t words_ = 0;
  uint64_t capacity_ = 0;
  uint64_t bytes_ = 0;
  std::atomic<uint64_t> full_ = 0;  // words of which all bits are set
};

}  // namespace lean::simt
