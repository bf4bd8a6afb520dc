// Memory of a device as a JavaScript object.
//   new Buffer(device, bytes)
// Every method but the constructor returns a status: false means that Addon.takeError() says why.
#pragma once

#include <napi.h>

#include "addon/guard.h"
#include "core/backend.h"

namespace lean::addon {

class BufferHandle : public Napi::ObjectWrap<BufferHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit BufferHandle(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

 private:
  // address(): BigInt
  Napi::Value address(const Napi::CallbackInfo& info);
  // copyIn(offset, from), copyOut(offset, into): typed arrays or ArrayBuffers
  Napi::Value copy_in(const Napi::CallbackInfo& info);
  Napi::Value copy_out(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  template <class F>
  Napi::Value guarded(const Napi::CallbackInfo& info, F&& f);
  std::byte* range(size_t offset, size_t bytes) const;
  void release();

  Backend* backend_ = nullptr;  // none: the construction failed, or it was disposed
  void* memory_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace lean::addon
