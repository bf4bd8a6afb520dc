#include "addon/program-handle.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "addon/addon.h"
#include "addon/marshal.h"
#include "core/unbacked.h"

namespace lean::addon {
namespace {

size_t read_sequence(Napi::Value value, const Program& program) {
  const size_t sequence = read_size(value, "sequence");
  if (sequence >= program.sequences()) throw Error(kInvalidArg, "no such sequence");
  return sequence;
}

void take_hyper(Program& program, Napi::Value value) {
  const Bytes hyper = read_bytes(value, "hyper");
  const auto into = program.hyper();
  if (hyper.length != into.size_bytes()) {
    throw Error(kInvalidArg, "hyper must have " + std::to_string(into.size()) + " numbers");
  }
  if (hyper.length > 0) std::memcpy(into.data(), hyper.data, hyper.length);
}

void require_arena(const Backend& backend, const Bytes& arena) {
  try {
    backend.require_memory(arena.data, arena.length);
  } catch (const Error& error) {
    throw Error(error.code, std::string("state: ") + error.what(), "state");
  }
}

constexpr uint64_t kNowhere = UINT64_MAX;

template <class T>
std::span<const T> read_elements(Napi::Value value, napi_typedarray_type type,
                                 const std::string& what) {
  require(value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type,
          kInvalidArg, what + " must be a typed array of another kind");
  const Bytes bytes = read_bytes(value, what);
  return {static_cast<const T*>(bytes.data), bytes.length / sizeof(T)};
}

}  // namespace

// Runs a sequence on a thread of the libuv pool. It owns a share of the program and keeps the
// caller's object, and with it every bound array, alive until it has come back.
class RunWorker final : public Napi::AsyncWorker {
 public:
  RunWorker(Napi::Env env, ProgramHandle& handle, size_t sequence, Napi::Value keep_alive)
      : AsyncWorker(env, "lean-optim.step"),
        deferred_(Napi::Promise::Deferred::New(env)),
        handle_(handle),
        program_(handle.program_),
        sequence_(sequence),
        keep_alive_(Napi::Persistent(keep_alive)) {
    handle_.Ref();
    handle_.running_ = true;
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    ok_ = guard(error_, [&] {
      // Nothing is started that could not be waited for.
      program_->is_done();
      program_->run(sequence_);
      program_->synchronize();
    });
  }

  void OnOK() override {
    handle_.running_ = false;
    handle_.Unref();
    if (!ok_) Addon::of(Env()).last_error = error_;
    deferred_.Resolve(Napi::Boolean::New(Env(), ok_));
  }

 private:
  Napi::Promise::Deferred deferred_;
  ProgramHandle& handle_;
  std::shared_ptr<Program> program_;
  size_t sequence_;
  Napi::Reference<Napi::Value> keep_alive_;
  LastError error_;
  bool ok_ = false;
};

Napi::Function ProgramHandle::define(Napi::Env env) {
  return DefineClass(env, "Program",
                     {
                         InstanceMethod<&ProgramHandle::bind>("bind"),
                         InstanceMethod<&ProgramHandle::bind_addresses>("bindAddresses"),
                         InstanceMethod<&ProgramHandle::bind_known>("bindKnown"),
                         InstanceMethod<&ProgramHandle::forget_known>("forgetKnown"),
                         InstanceMethod<&ProgramHandle::run>("run"),
                         InstanceMethod<&ProgramHandle::run_async>("runAsync"),
                         InstanceMethod<&ProgramHandle::read_state>("readState"),
                         InstanceMethod<&ProgramHandle::write_state>("writeState"),
                         InstanceMethod<&ProgramHandle::read_workspace>("readWorkspace"),
                         InstanceMethod<&ProgramHandle::post>("post"),
                         InstanceMethod<&ProgramHandle::collect>("collect"),
                         InstanceMethod<&ProgramHandle::workspace_bytes>("workspaceBytes"),
                         InstanceMethod<&ProgramHandle::stream>("stream"),
                         InstanceMethod<&ProgramHandle::launches>("launches"),
                         InstanceMethod<&ProgramHandle::synchronize>("synchronize"),
                         InstanceMethod<&ProgramHandle::poll>("poll"),
                         InstanceMethod<&ProgramHandle::wait_event>("waitEvent"),
                         InstanceMethod<&ProgramHandle::record_event>("recordEvent"),
                         InstanceMethod<&ProgramHandle::dispose>("dispose"),
                     });
}

// A failed construction leaves an object without a program, as a disposed one is; lib/native.ts
// asks for the error right after `new`.
ProgramHandle::ProgramHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  guarded(info, [&] {
    const Napi::Object spec = read_object(info[0], "spec");
    const std::string device = read_string(spec["device"], "device");
    Backend* backend = &require_backend(device);
    const Napi::Value stream = spec["stream"];
    void* caller_stream = nullptr;
    if (!stream.IsUndefined()) {
      require(!backend->is_host(), kInvalidArg, device + " has no streams");
      caller_stream = read_address(stream, "stream");
    }

    const Napi::Value planned = spec["planned"];
    require(planned.IsUndefined() || planned.IsBoolean(), kInvalidArg, "planned must be a boolean");
    if (planned.ToBoolean()) backend = &unbacked(*backend);

    const Napi::Value state = spec["state"];
    const bool foreign = state.IsObject();
    const Bytes arena = foreign ? read_memory(state, "state", *backend) : Bytes{};
    const size_t state_bytes = foreign ? arena.length : read_size(state, "state");
    if (foreign) require_arena(*backend, arena);
    auto program = std::make_shared<Program>(
        *backend, read_size(spec["slots"], "slots"), state_bytes, arena.data,
        read_size(spec["workspace"], "workspace"), read_size(spec["hyper"], "hyper"));

    const Napi::Array sequences = read_array(spec["sequences"], "sequences");
    for (uint32_t i = 0; i < sequences.Length(); ++i) {
      const Napi::Array calls = read_array(sequences[i], "sequence");
      program->add_sequence();
      for (uint32_t j = 0; j < calls.Length(); ++j) read_call(calls[j], *program);
    }
    const Napi::Value scratch = spec["scratch"];
    program->seal(caller_stream,
                  scratch.IsUndefined() ? kScratchBytes : read_size(scratch, "scratch"));
    if (foreign) arena_ = Napi::Persistent(state);
    program_ = std::move(program);
    // The garbage collector relieves the host alone.
    if (backend->is_host()) {
      reported_ = static_cast<int64_t>(program_->workspace_bytes() + (foreign ? 0 : state_bytes));
    }
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), reported_);
    return Napi::Boolean::New(info.Env(), true);
  });
}

void ProgramHandle::release() {
  program_.reset();
  arena_.Reset();
}

void ProgramHandle::Finalize(Napi::BasicEnv env) {
  Napi::MemoryManagement::AdjustExternalMemory(env, -reported_);
  reported_ = 0;
  program_.reset();
}

std::shared_ptr<Program> ProgramHandle::open() {
  if (program_ == nullptr) throw Error("ERR_LEAN_DISPOSED", "the program was disposed");
  if (running_) throw Error("ERR_LEAN_BUSY", "a step is still running");
  return program_;
}

template <class F>
Napi::Value ProgramHandle::guarded(const Napi::CallbackInfo& info, F&& f) {
  Napi::Value result = Napi::Boolean::New(info.Env(), false);
  guard(Addon::of(info.Env()).last_error, [&] { result = f(); });
  return result;
}

// All of them or none: what is refused leaves every slot as it was. `read_all(program, add)` calls
// add(slot, memory) for each, where memory(slot) returns its bytes.
template <class ReadAll>
Napi::Value ProgramHandle::bind_all(const Napi::CallbackInfo& info, ReadAll read_all) {
  struct Binding {
    size_t slot;
    Bytes memory;
  };
  std::vector<Binding> bindings;
  bool is_refused = false;
  const Napi::Value bound = guarded(info, [&] {
    const std::shared_ptr<Program> program = open();
    read_all(*program, [&](size_t slot, auto memory) {
      require(slot < program->slots(), kInvalidArg, "no such slot");
      bindings.push_back({slot, {}});
      is_refused = true;
      Bytes& bytes = bindings.back().memory;
      bytes = memory(slot);
      program->require_bindable(slot, bytes.data, bytes.length);
      is_refused = false;
    });
    for (const Binding& each : bindings) program->bind(each.slot, each.memory.data);
    return Napi::Boolean::New(info.Env(), true);
  });
  if (!is_refused) return bound;
  return Napi::Number::New(info.Env(), static_cast<double>(bindings.size() - 1));
}

Napi::Value ProgramHandle::bind(const Napi::CallbackInfo& info) {
  return bind_all(info, [&](Program& program, auto add) {
    const Napi::Array slots = read_array(info[0], "slots");
    const Napi::Array arrays = read_array(info[1], "arrays");
    require(slots.Length() == arrays.Length(), kInvalidArg,
            "slots and arrays must have the same length");
    for (uint32_t i = 0; i < slots.Length(); ++i) {
      add(read_size(slots[i], "slot"),
          [&](size_t) { return read_memory(arrays[i], "array", program.backend()); });
    }
  });
}

Napi::Value ProgramHandle::bind_addresses(const Napi::CallbackInfo& info) {
  return bind_all(info, [&](Program& program, auto add) {
    require(!program.backend().is_host(), kInvalidArg, "memory of the host is bound as arrays");
    const auto slots = read_elements<int32_t>(info[0], napi_int32_array, "slots");
    const auto addresses = read_elements<uint64_t>(info[1], napi_biguint64_array, "addresses");
    require(slots.size() == addresses.size(), kInvalidArg,
            "slots and addresses must have the same length");
    for (size_t i = 0; i < slots.size(); ++i) {
      add(static_cast<size_t>(slots[i]), [&](size_t slot) {
        if (addresses[i] == kNowhere) return Bytes{};
        return memory_at(addresses[i], program.slot_bytes(slot), "address");
      });
    }
  });
}

Napi::Value ProgramHandle::bind_known(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const std::shared_ptr<Program> program = open();
    const auto slots = read_elements<int32_t>(info[0], napi_int32_array, "slots");
    const auto addresses = read_elements<uint64_t>(info[1], napi_biguint64_array, "addresses");
    return Napi::Number::New(info.Env(),
                             static_cast<double>(program->bind_known(slots, addresses)));
  });
}

Napi::Value ProgramHandle::forget_known(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    open()->forget_known();
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::run(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const std::shared_ptr<Program> program = open();
    const size_t sequence = read_sequence(info[0], *program);
    take_hyper(*program, info[1]);
    program->run(sequence);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::run_async(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const std::shared_ptr<Program> program = open();
    const size_t sequence = read_sequence(info[0], *program);
    take_hyper(*program, info[1]);
    auto* worker = new RunWorker(info.Env(), *this, sequence, info[2]);
    const Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  });
}

Napi::Value ProgramHandle::read_state(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Bytes into = read_bytes(info[1], "into");
    open()->read_state(into.data, read_size(info[0], "offset"), into.length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::write_state(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Bytes from = read_bytes(info[1], "from");
    open()->write_state(from.data, read_size(info[0], "offset"), from.length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::read_workspace(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Bytes into = read_bytes(info[1], "into");
    open()->read_workspace(into.data, read_size(info[0], "offset"), into.length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::post(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const size_t number = read_size(info[0], "number"), offset = read_size(info[1], "offset");
    open()->post(number, offset, read_size(info[2], "bytes"));
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::collect(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Bytes into = read_bytes(info[1], "into");
    open()->collect(read_size(info[0], "number"), into.data, into.length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::workspace_bytes(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return Napi::Number::New(info.Env(), static_cast<double>(open()->workspace_bytes()));
  });
}

Napi::Value ProgramHandle::stream(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const auto address = reinterpret_cast<uintptr_t>(open()->stream());
    return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(address));
  });
}

Napi::Value ProgramHandle::launches(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const std::shared_ptr<Program> program = open();
    const size_t count = program->launches(read_sequence(info[0], *program));
    return Napi::Number::New(info.Env(), static_cast<double>(count));
  });
}

Napi::Value ProgramHandle::synchronize(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    open()->synchronize();
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::poll(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const bool done = open()->is_done();
    return Napi::String::New(info.Env(), done ? "done" : "running");
  });
}

Napi::Value ProgramHandle::wait_event(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    open()->wait_event(read_address(info[0], "event"));
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::record_event(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    open()->record_event(read_address(info[0], "event"));
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value ProgramHandle::dispose(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    if (running_) throw Error("ERR_LEAN_BUSY", "a step is still running");
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -reported_);
    reported_ = 0;
    release();
    return Napi::Boolean::New(info.Env(), true);
  });
}

}  // namespace lean::addon
