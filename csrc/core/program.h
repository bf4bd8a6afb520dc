// A bound optimizer: kernel calls over fixed buffers, in sequences that run() replays. What stands
// in it was decided and checked when it was built; a run only follows pointers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/backend.h"
#include "core/executor.h"
#include "core/kernel.h"

namespace lean {

// Where a tensor of a program lives.
enum class Place : int32_t {
  external,   // memory of the caller's; `slot` says which, and it can be bound anew
  state,      // the arena that checkpoints hold
  workspace,  // valid within one run
  hyper,      // numbers that the caller sends along with every run
};

class Program {
 public:
  // The arena is allocated on the device, or is `arena` (state_bytes long, of the caller's).
  Program(Backend& backend, size_t slots, size_t state_bytes, void* arena, size_t workspace_bytes,
          size_t hyper_count);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void add_sequence();

  // Appends a call of `count` default-constructed items to the last sequence and returns the first
  // item. Throws Error when the backend has no such kernel.
  std::byte* add_call(const KernelInfo& info, size_t count);

  // Gives a tensor of an item its memory; `offset` is in bytes. One that `may_be_absent` need not
  // be bound when a sequence runs.
  void place(Tensor& tensor, Place place, size_t slot, size_t offset, bool may_be_absent);

  // Checks every item, allocates the scratch memory that items ask for and prepares the device, on
  // the caller's stream if there is one; Plan says what scratch_bytes bounds. Call once, at the
  // end.
  void seal(void* stream = nullptr, size_t scratch_bytes = kScratchBytes);

  // Throws Error for memory, `bytes` long, that is too short for the slot, not aligned to the
  // elements of a tensor in it, or not the device's, which is asked when it is new to the slot.
  void require_bindable(size_t slot, void* memory, size_t bytes);
  // Bytes that memory for a slot must have.
  size_t slot_bytes(size_t slot) const;
  // Gives a slot such memory, or takes it away (nullptr).
  void bind(size_t slot, void* memory);

  // Binds slots to addresses that have been found good for them (0: takes the memory away) without
  // asking again. Returns the number of the first that has not, and then binds none; else how many.
  // Not on the host.
  size_t bind_known(std::span<const int32_t> slots, std::span<const uint64_t> addresses);
  // All memory has to be found good again, of which more may be asked than is asked here.
  void forget_known() { std::ranges::fill(known_, Known{}); }

  // Replays a sequence, which may still be running on return: synchronize() waits for it, is_done()
  // asks. Throws Error, before anything runs, while a slot that it needs is not bound, and when the
  // device has failed.
  void run(size_t sequence);
  void synchronize() { executor_->synchronize(); }
  bool is_done() { return executor_->is_done(); }
  void* stream() const { return executor_->stream(); }
  void wait_event(void* event) { executor_->wait_event(event); }
  void record_event(void* event) { executor_->record_event(event); }
  std::span<double> hyper() { return hyper_; }

  Backend& backend() const { return backend_; }
  size_t slots() const { return uses_.size(); }
  size_t sequences() const { return sequences_.size(); }
  size_t state_bytes() const { return state_bytes_; }
  // Bytes beside the state that live as long as the program.
  size_t workspace_bytes() const;
  // Kernels that a run of a sequence launches.
  size_t launches(size_t sequence) const { return executor_->launches(sequence); }

  void read_state(void* to, size_t offset, size_t bytes) const;
  void write_state(const void* from, size_t offset, size_t bytes);
  void read_workspace(void* to, size_t offset, size_t bytes) const;

  // Sends a part of the workspace to the host under a number, without waiting for it; a later
  // collect() waits for no more than that, and throws Error where nothing so long was sent.
  void post(size_t number, size_t offset, size_t bytes);
  void collect(size_t number, void* to, size_t bytes);

 private:
  struct Sequence {
    std::vector<Call> calls;
    std::vector<const Tensor*> needed;  // external tensors that must be bound
  };

  // Memory of a slot's that the device was asked about last: gradients often come in turns.
  struct Known {
    std::array<const void*, 4> memory = {};
    size_t next = 0;

    bool has(const void* address) const {
      return std::ranges::find(memory, address) != memory.end();
    }
  };

  void release();

  Backend& backend_;
  size_t state_bytes_;
  size_t workspace_bytes_;
  size_t scratch_bytes_ = 0;
  bool owns_state_;
  void* state_ = nullptr;
  void* workspace_ = nullptr;
  void* scratch_ = nullptr;
  std::vector<double> hyper_;
  void* device_hyper_ = nullptr;            // where kernels read them
  std::vector<std::vector<Tensor*>> uses_;  // of each slot
  std::vector<Known> known_;                // of each slot, on other devices than the host
  std::vector<Sequence> sequences_;
  std::unique_ptr<Executor> executor_;
  std::vector<std::unique_ptr<Letter>> letters_;
};

}  // namespace lean
