// A program as one device runs it: what Program describes, made ready by a Backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/kernel.h"

namespace lean {

class Backend;

struct Call {
  const KernelInfo* info;
  RunFunction run;
  std::unique_ptr<std::byte[]> items;
  size_t count;

  std::byte* item(size_t i) const { return items.get() + i * info->item_size; }
};

// The memory that a program's tensors lie in, by number (Tensor::base).
enum Base : int32_t { kStateBase, kWorkspaceBase, kHyperBase, kSlotBase };  // slot s: kSlotBase + s

// By default: no more than one group of launches for any model up to some billion parameters.
constexpr size_t kScratchBytes = size_t{768} << 20;

struct Plan {
  std::vector<std::span<const Call>> sequences;  // stay where they are as long as the executor
  std::span<void* const> bases;                  // where that memory is now
  void* stream = nullptr;                        // of the caller's, or nullptr
  // What a kernel's launches should get along with to hand results from one to the next.
  size_t scratch_bytes = kScratchBytes;
  Backend* memory = nullptr;  // where the executor's own comes from; nullptr: its backend
};

// Numbers on their way from the device, which nobody has to wait for before they are needed.
class Letter {
 public:
  virtual ~Letter() = default;
  virtual size_t bytes() const = 0;

  // Copies after all that was started; what was sent before is gone.
  virtual void send(const void* device) = 0;

  // What was sent, once it is there. Throws Error when the device has failed.
  virtual const void* read() = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // A base has moved, or is gone (nullptr), before the next run.
  virtual void move(int32_t base, void* memory) = 0;

  // Starts a sequence with these hyper-parameters; it may still be running on return. Throws Error
  // when the device has failed.
  virtual void run(size_t sequence, std::span<const double> hyper) = 0;

  // Waits until all that was started is done, or asks whether it is. Throws Error when any of it
  // failed.
  virtual void synchronize() = 0;
  virtual bool is_done() = 0;

  // Waits for what steps have left to do beside them, and has it in the state: before the state is
  // read or written.
  virtual void settle() {}

  // What is started from now on waits for an event of the caller's, or an event of the caller's
  // stands for the end of what was started so far.
  virtual void wait_event(void* event) = 0;
  virtual void record_event(void* event) = 0;

  // Copies after all that was started; done on return.
  virtual void copy_in(void* device, const void* host, size_t bytes) = 0;
  virtual void copy_out(void* host, const void* device, size_t bytes) = 0;

  virtual std::unique_ptr<Letter> make_letter(size_t bytes) = 0;

  // What runs are in the order of, or nullptr on a device that has no streams.
  virtual void* stream() const = 0;

  // Memory of the device that it keeps for itself, and kernels that a run of a sequence launches.
  virtual size_t bytes() const = 0;
  virtual size_t launches(size_t sequence) const = 0;
};

}  // namespace lean
