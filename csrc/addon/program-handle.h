// A Program as a JavaScript object.
//   new Program({device, slots, state: bytes | typed array, workspace: bytes, hyper: count,
//                sequences: [[{kernel, items}]], stream?: BigInt, scratch?: bytes,
//                planned?: boolean})
// A planned program has no memory: it tells its workspace and launches.
// Every method but the constructor returns a status: false means that Addon.takeError() says why.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "addon/guard.h"
#include "core/program.h"

namespace lean::addon {

class ProgramHandle : public Napi::ObjectWrap<ProgramHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ProgramHandle(const Napi::CallbackInfo& info);

  // Frees the program's memory, or leaves that to the running step when there is one.
  void Finalize(Napi::BasicEnv env) override;

 private:
  friend class RunWorker;

  // bind(slots: number[], arrays: (TypedArray | ArrayBuffer | {ptr, byteLength} | null)[]); a
  // number is the index of the array that is refused
  Napi::Value bind(const Napi::CallbackInfo& info);
  // bindAddresses(slots: Int32Array, addresses: BigUint64Array), of the device's memory, kNowhere
  // to take it away; returns as bind does
  Napi::Value bind_addresses(const Napi::CallbackInfo& info);
  // bindKnown(slots: Int32Array, addresses: BigUint64Array): those, 0 to take memory away, that
  // have been found good already; returns how many, all of which are bound, or the number of the
  // first that is not known, and then none is
  Napi::Value bind_known(const Napi::CallbackInfo& info);
  // forgetKnown()
  Napi::Value forget_known(const Napi::CallbackInfo& info);
  // run(sequence, hyper: Float64Array)
  Napi::Value run(const Napi::CallbackInfo& info);
  // runAsync(sequence, hyper, keepAlive): Promise<boolean>
  Napi::Value run_async(const Napi::CallbackInfo& info);
  // readState(offset, into), writeState(offset, from), readWorkspace(offset, into)
  Napi::Value read_state(const Napi::CallbackInfo& info);
  Napi::Value write_state(const Napi::CallbackInfo& info);
  Napi::Value read_workspace(const Napi::CallbackInfo& info);
  // post(number, offset, bytes), collect(number, into)
  Napi::Value post(const Napi::CallbackInfo& info);
  Napi::Value collect(const Napi::CallbackInfo& info);
  Napi::Value workspace_bytes(const Napi::CallbackInfo& info);
  // stream(): BigInt, 0 where there is none
  Napi::Value stream(const Napi::CallbackInfo& info);
  // launches(sequence): number of kernels
  Napi::Value launches(const Napi::CallbackInfo& info);
  Napi::Value synchronize(const Napi::CallbackInfo& info);
  // poll(): "done" | "running"
  Napi::Value poll(const Napi::CallbackInfo& info);
  // waitEvent(event: BigInt), recordEvent(event: BigInt)
  Napi::Value wait_event(const Napi::CallbackInfo& info);
  Napi::Value record_event(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  template <class ReadAll>
  Napi::Value bind_all(const Napi::CallbackInfo& info, ReadAll read_all);
  template <class F>
  Napi::Value guarded(const Napi::CallbackInfo& info, F&& f);
  // The program, for a call to hold: what a caller's getters do meanwhile may dispose it.
  std::shared_ptr<Program> open();
  void release();

  std::shared_ptr<Program> program_;
  Napi::Reference<Napi::Value> arena_;  // keeps a caller's arena alive
  int64_t reported_ = 0;                // bytes told to the garbage collector
  bool running_ = false;                // an asynchronous run has not come back
};

}  // namespace lean::addon
