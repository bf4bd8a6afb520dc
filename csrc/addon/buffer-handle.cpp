#include "addon/buffer-handle.h"

#include "addon/addon.h"
#include "addon/marshal.h"

namespace lean::addon {

Napi::Function BufferHandle::define(Napi::Env env) {
  return DefineClass(env, "Buffer",
                     {
                         InstanceMethod<&BufferHandle::address>("address"),
                         InstanceMethod<&BufferHandle::copy_in>("copyIn"),
                         InstanceMethod<&BufferHandle::copy_out>("copyOut"),
                         InstanceMethod<&BufferHandle::dispose>("dispose"),
                     });
}

// A failed construction leaves a disposed object; lib/native.ts asks for the error right after
// `new`.
BufferHandle::BufferHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  guarded(info, [&] {
    Backend& backend = require_backend(read_string(info[0], "device"));
    bytes_ = read_size(info[1], "bytes");
    memory_ = backend.allocate(bytes_);
    backend_ = &backend;
    return Napi::Boolean::New(info.Env(), true);
  });
}

void BufferHandle::release() {
  if (backend_ != nullptr) backend_->release(memory_, bytes_);
  backend_ = nullptr;
  memory_ = nullptr;
}

void BufferHandle::Finalize(Napi::BasicEnv) { release(); }

template <class F>
Napi::Value BufferHandle::guarded(const Napi::CallbackInfo& info, F&& f) {
  Napi::Value result = Napi::Boolean::New(info.Env(), false);
  guard(Addon::of(info.Env()).last_error, [&] { result = f(); });
  return result;
}

std::byte* BufferHandle::range(size_t offset, size_t bytes) const {
  if (backend_ == nullptr) throw Error("ERR_LEAN_DISPOSED", "the buffer was disposed");
  if (offset > bytes_ || bytes > bytes_ - offset) {
    throw Error(kInvalidArg, "the buffer is " + std::to_string(bytes_) + " bytes long; bytes " +
                                 std::to_string(offset) + " to " + std::to_string(offset + bytes) +
                                 " are not in it");
  }
  return static_cast<std::byte*>(memory_) + offset;
}

Napi::Value BufferHandle::address(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return Napi::BigInt::New(info.Env(),
                             static_cast<uint64_t>(reinterpret_cast<uintptr_t>(range(0, 0))));
  });
}

Napi::Value BufferHandle::copy_in(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const size_t offset = read_size(info[0], "offset");
    const Bytes from = read_bytes(info[1], "from");
    std::byte* to = range(offset, from.length);
    backend_->copy_in(to, from.data, from.length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value BufferHandle::copy_out(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const size_t offset = read_size(info[0], "offset");
    const Bytes into = read_bytes(info[1], "into");
    const std::byte* from = range(offset, into.length);
    backend_->copy_out(into.data, from, into.length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

Napi::Value BufferHandle::dispose(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    release();
    return Napi::Boolean::New(info.Env(), true);
  });
}

}  // namespace lean::addon
