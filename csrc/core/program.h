// A bound optimizer: kernel calls over fixed buffers, in sequences that run() replays. What stands
// in it was decided and checked when it was built; a run only follows pointers.
#pragma once

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
  // the caller's stream if there is one. Call once, at the end.
  void seal(void* stream = nullptr);

  // Throws Error for memory, `bytes` long, that is too short for the slot, not aligned to the
  // elements of a tensor in it, or not the device's.
  void require_bindable(size_t slot, void* memory, size_t bytes) const;
  // Gives a slot such memory, or takes it away (nullptr).
  void bind(size_t slot, void* memory);

  // Replays a sequence, which may still be running on return: synchronize() waits for it, is_done()
  // asks. Throws Error, before anything runs, while a slot that it needs is not bound, and when the
  // device has failed.
  void run(size_t sequence);
  void synchronize() { executor_->synchronize(); }
  bool is_done() { return executor_->is_done(); }
  void* stream() const { return executor_->stream(); }
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
  std::vector<Sequence> sequences_;
  std::unique_ptr<Executor> executor_;
  std::vector<std::unique_ptr<Letter>> letters_;
};

}  // namespace lean
