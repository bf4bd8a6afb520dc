#include "core/program.h"

#include <algorithm>

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
      uses_(slots) {
  if (owns_state_) state_ = backend_.allocate(state_bytes_);
  try {
    workspace_ = backend_.allocate(workspace_bytes_);
  } catch (...) {
    if (owns_state_) backend_.release(state_, state_bytes_);
    throw;
  }
}

Program::~Program() {
  if (owns_state_) backend_.release(state_, state_bytes_);
  backend_.release(workspace_, workspace_bytes_);
  backend_.release(scratch_, scratch_bytes_);
}

void Program::add_sequence() { sequences_.emplace_back(); }

std::byte* Program::add_call(const KernelInfo& info, size_t count) {
  const RunFunction run = find_run(info.name, backend_.name(), backend_.level());
  require(
      run != nullptr, "ERR_LEAN_UNSUPPORTED",
      "the backend " + std::string(backend_.name()) + " has no kernel " + std::string(info.name));
  Call call{&info, run, std::make_unique<std::byte[]>(info.item_size * count), count};
  for (size_t i = 0; i < count; ++i) info.construct(item(call, i));
  auto& calls = sequences_.back().calls;
  calls.push_back(std::move(call));
  return calls.back().items.get();
}

void Program::place(Tensor& tensor, Place place, size_t slot, size_t offset, bool may_be_absent) {
  const size_t bytes = static_cast<size_t>(tensor.bytes());
  switch (place) {
    case Place::external:
      require(slot < uses_.size(), kInvalidArg, "no such slot");
      uses_[slot].push_back({&tensor, offset});
      tensor.data = &unbound;
      if (!may_be_absent && bytes > 0) sequences_.back().needed.push_back(&tensor);
      return;
    case Place::state:
      require_range(offset, bytes, state_bytes_, "the state");
      tensor.data = static_cast<std::byte*>(state_) + offset;
      return require_aligned(tensor.data, tensor);
    case Place::workspace:
      require_range(offset, bytes, workspace_bytes_, "the workspace");
      tensor.data = static_cast<std::byte*>(workspace_) + offset;
      return require_aligned(tensor.data, tensor);
    case Place::hyper:
      require_range(offset, bytes, hyper_.size() * sizeof(double), "hyper");
      tensor.data = reinterpret_cast<std::byte*>(hyper_.data()) + offset;
      return require_aligned(tensor.data, tensor);
  }
}

void Program::seal() {
  for (auto& sequence : sequences_) {
    for (Call& call : sequence.calls) {
      for (size_t i = 0; i < call.count; ++i) {
        call.info->check(item(call, i));
        if (call.info->workspace_bytes == nullptr) continue;
        const int64_t bytes = call.info->workspace_bytes(item(call, i));
        scratch_bytes_ = std::max(scratch_bytes_, static_cast<size_t>(bytes));
      }
    }
  }
  scratch_ = backend_.allocate(scratch_bytes_);
  for (auto& sequence : sequences_) {
    for (Call& call : sequence.calls) {
      if (call.info->workspace_bytes == nullptr) continue;
      for (size_t i = 0; i < call.count; ++i) call.info->set_workspace(item(call, i), scratch_);
    }
  }
  for (size_t slot = 0; slot < slots(); ++slot) bind(slot, nullptr, 0);
}

void Program::bind(size_t slot, void* memory, size_t bytes) {
  const auto at = [&](const Use& use) { return static_cast<std::byte*>(memory) + use.offset; };
  if (memory != nullptr) {
    for (const Use& use : uses_[slot]) {
      require_range(use.offset, static_cast<size_t>(use.tensor->bytes()), bytes, "the array");
      require_aligned(at(use), *use.tensor);
    }
  }
  for (const Use& use : uses_[slot]) use.tensor->data = memory == nullptr ? nullptr : at(use);
}

void Program::run(size_t sequence) {
  for (const Tensor* tensor : sequences_[sequence].needed) {
    require(tensor->data != nullptr, kInvalidArg, "a slot that this sequence needs is not bound");
  }
  backend_.with_context(
      [](void* arg, Context& context) {
        for (const Call& call : static_cast<const Sequence*>(arg)->calls) {
          call.run(call.items.get(), call.count, context);
        }
      },
      &sequences_[sequence]);
}

void Program::read_state(void* to, size_t offset, size_t bytes) const {
  require_range(offset, bytes, state_bytes_, "the state");
  backend_.copy_out(to, static_cast<const std::byte*>(state_) + offset, bytes);
}

void Program::write_state(const void* from, size_t offset, size_t bytes) {
  require_range(offset, bytes, state_bytes_, "the state");
  backend_.copy_in(static_cast<std::byte*>(state_) + offset, from, bytes);
}

void Program::read_workspace(void* to, size_t offset, size_t bytes) const {
  require_range(offset, bytes, workspace_bytes_, "the workspace");
  backend_.copy_out(to, static_cast<const std::byte*>(workspace_) + offset, bytes);
}

}  // namespace lean
