#include "core/program.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace lean {
namespace {

void require_range(size_t offset, size_t bytes, size_t size, const char* what) {
  require(offset <= size && bytes <= size - offset, kInvalidArg,
          std::string(what) + " is " + std::to_string(size) + " bytes long; bytes " +
              std::to_string(offset) + " to " + std::to_string(offset + bytes) + " are not in it");
}

void require_aligned(const void* memory, const Tensor& tensor) {
  require(reinterpret_cast<uintptr_t>(memory) % size_of(tensor.dtype) == 0, kInvalidArg,
          "memory of " + std::string(name_of(tensor.dtype)) + " elements must be aligned to them");
}

constexpr size_t kLetters = 1024;

// What an external tensor points at until it is bound, so that its kernel's check() does not take
// it for an absent one.
alignas(64) std::byte unbound;

}  // namespace

Program::Program(Backend& backend, size_t slots, size_t state_bytes, void* arena,
                 size_t workspace_bytes, size_t hyper_count)
    : backend_(backend),
      state_bytes_(state_bytes),
      workspace_bytes_(workspace_bytes),
      owns_state_(arena == nullptr),
      state_(arena),
      hyper_(hyper_count, 0.0),
      uses_(slots),
      known_(backend.is_host() ? 0 : slots) {
  try {
    if (owns_state_) state_ = backend_.allocate(state_bytes_);
    workspace_ = backend_.allocate(workspace_bytes_);
    device_hyper_ =
        backend_.is_host() ? hyper_.data() : backend_.allocate(hyper_count * sizeof(double));
  } catch (...) {
    release();
    throw;
  }
}

Program::~Program() { release(); }

void Program::release() {
  letters_.clear();
  executor_.reset();
  if (owns_state_) backend_.release(state_, state_bytes_);
  backend_.release(workspace_, workspace_bytes_);
  backend_.release(scratch_, scratch_bytes_);
  if (!backend_.is_host()) backend_.release(device_hyper_, hyper_.size() * sizeof(double));
}

size_t Program::workspace_bytes() const {
  return workspace_bytes_ + scratch_bytes_ + executor_->bytes();
}

void Program::add_sequence() { sequences_.emplace_back(); }

std::byte* Program::add_call(const KernelInfo& info, size_t count) {
  const RunFunction run = find_run(info.name, backend_.name(), backend_.level());
  require(
      run != nullptr, kUnsupported,
      "the backend " + std::string(backend_.name()) + " has no kernel " + std::string(info.name));
  Call call{&info, run, std::make_unique<std::byte[]>(info.item_size * count), count};
  for (size_t i = 0; i < count; ++i) info.construct(call.item(i));
  auto& calls = sequences_.back().calls;
  calls.push_back(std::move(call));
  return calls.back().items.get();
}

void Program::place(Tensor& tensor, Place place, size_t slot, size_t offset, bool may_be_absent) {
  const size_t bytes = static_cast<size_t>(tensor.bytes());
  tensor.offset = static_cast<int64_t>(offset);
  const auto put = [&](int32_t base, void* memory, size_t size, const char* what) {
    require_range(offset, bytes, size, what);
    tensor.base = base;
    tensor.data = static_cast<std::byte*>(memory) + offset;
    require_aligned(tensor.data, tensor);
  };
  switch (place) {
    case Place::external:
      require(slot < uses_.size(), kInvalidArg, "no such slot");
      uses_[slot].push_back(&tensor);
      tensor.base = kSlotBase + static_cast<int32_t>(slot);
      tensor.data = &unbound;
      if (!may_be_absent && bytes > 0) sequences_.back().needed.push_back(&tensor);
      return;
    case Place::state:
      return put(kStateBase, state_, state_bytes_, "the state");
    case Place::workspace:
      return put(kWorkspaceBase, workspace_, workspace_bytes_, "the workspace");
    case Place::hyper:
      return put(kHyperBase, device_hyper_, hyper_.size() * sizeof(double), "hyper");
  }
}

void Program::seal(void* stream, size_t scratch_bytes) {
  // A device's kernels find their own when the program is prepared.
  const auto wants_scratch = [&](const Call& call) {
    return backend_.is_host() && call.info->workspace_bytes != nullptr;
  };
  for (auto& sequence : sequences_) {
    for (Call& call : sequence.calls) {
      for (size_t i = 0; i < call.count; ++i) {
        call.info->check(call.item(i));
        if (!wants_scratch(call)) continue;
        const int64_t bytes = call.info->workspace_bytes(call.item(i));
        scratch_bytes_ = std::max(scratch_bytes_, static_cast<size_t>(bytes));
      }
    }
  }
  scratch_ = backend_.allocate(scratch_bytes_);
  for (auto& sequence : sequences_) {
    for (Call& call : sequence.calls) {
      if (!wants_scratch(call)) continue;
      for (size_t i = 0; i < call.count; ++i) call.info->set_workspace(call.item(i), scratch_);
    }
  }
  for (const auto& uses : uses_) {
    for (Tensor* tensor : uses) tensor->data = nullptr;
  }
  std::vector<void*> bases(kSlotBase + slots());
  bases[kStateBase] = state_;
  bases[kWorkspaceBase] = workspace_;
  bases[kHyperBase] = device_hyper_;
  Plan plan{{}, bases, stream, scratch_bytes};
  for (const auto& sequence : sequences_) plan.sequences.emplace_back(sequence.calls);
  executor_ = backend_.prepare(plan);
}

size_t Program::slot_bytes(size_t slot) const {
  int64_t bytes = 0;
  for (const Tensor* tensor : uses_[slot])
    bytes = std::max(bytes, tensor->offset + tensor->bytes());
  return static_cast<size_t>(bytes);
}

void Program::require_bindable(size_t slot, void* memory, size_t bytes) {
  if (memory == nullptr) return;
  for (const Tensor* tensor : uses_[slot]) {
    require_range(static_cast<size_t>(tensor->offset), static_cast<size_t>(tensor->bytes()), bytes,
                  "the array");
    require_aligned(static_cast<std::byte*>(memory) + tensor->offset, *tensor);
  }
  if (backend_.is_host()) return;
  // No more than what the slot needs, so that what is known does not depend on `bytes`.
  Known& known = known_[slot];
  if (known.has(memory)) return;
  backend_.require_memory(memory, slot_bytes(slot));
  known.memory[known.next++ % known.memory.size()] = memory;
}

void Program::bind(size_t slot, void* memory) {
  for (Tensor* tensor : uses_[slot]) {
    tensor->data = memory == nullptr ? nullptr : static_cast<std::byte*>(memory) + tensor->offset;
  }
  executor_->move(kSlotBase + static_cast<int32_t>(slot), memory);
}

size_t Program::bind_known(std::span<const int32_t> slots, std::span<const uint64_t> addresses) {
  const auto memory = [&](size_t i) { return reinterpret_cast<void*>(addresses[i]); };
  require(!backend_.is_host(), kInvalidArg, "memory of the host is bound as arrays");
  require(slots.size() == addresses.size(), kInvalidArg,
          "slots and addresses must have the same length");
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto slot = static_cast<size_t>(slots[i]);
    require(slot < known_.size(), kInvalidArg, "no such slot");
    if (addresses[i] != 0 && !known_[slot].has(memory(i))) return i;
  }
  for (size_t i = 0; i < slots.size(); ++i) bind(static_cast<size_t>(slots[i]), memory(i));
  return slots.size();
}

void Program::run(size_t sequence) {
  for (const Tensor* tensor : sequences_[sequence].needed) {
    require(tensor->data != nullptr, kInvalidArg, "a slot that this sequence needs is not bound");
  }
  executor_->run(sequence, hyper_);
}

void Program::read_state(void* to, size_t offset, size_t bytes) const {
  require_range(offset, bytes, state_bytes_, "the state");
  executor_->settle();
  executor_->copy_out(to, static_cast<const std::byte*>(state_) + offset, bytes);
}

void Program::write_state(const void* from, size_t offset, size_t bytes) {
  require_range(offset, bytes, state_bytes_, "the state");
  executor_->settle();
  executor_->copy_in(static_cast<std::byte*>(state_) + offset, from, bytes);
}

void Program::post(size_t number, size_t offset, size_t bytes) {
  require_range(offset, bytes, workspace_bytes_, "the workspace");
  require(number < kLetters, kInvalidArg, "no such letter");
  if (letters_.size() <= number) letters_.resize(number + 1);
  std::unique_ptr<Letter>& letter = letters_[number];
  if (letter == nullptr || letter->bytes() != bytes) letter = executor_->make_letter(bytes);
  letter->send(static_cast<const std::byte*>(workspace_) + offset);
}

void Program::collect(size_t number, void* to, size_t bytes) {
  const bool is_sent = number < letters_.size() && letters_[number] != nullptr;
  require(is_sent && letters_[number]->bytes() == bytes, kInvalidArg, "no such letter was sent");
  if (bytes > 0) std::memcpy(to, letters_[number]->read(), bytes);
}

void Program::read_workspace(void* to, size_t offset, size_t bytes) const {
  require_range(offset, bytes, workspace_bytes_, "the workspace");
  executor_->copy_out(to, static_cast<const std::byte*>(workspace_) + offset, bytes);
}

}  // namespace lean
