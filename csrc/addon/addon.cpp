// The exports. Everything here has a typed twin in lib/native.ts, which is its only user.
#include "addon/addon.h"

#include <napi.h>

#include <vector>

#include "addon/buffer-handle.h"
#include "addon/marshal.h"
#include "addon/program-handle.h"
#include "core/backend.h"
#include "core/counters.h"
#include "core/step-scalars.h"
#include "cpu/backend/cpu-backend.h"

namespace lean::addon {
namespace {

std::vector<AddExports>& more_exports() {
  static auto* list = new std::vector<AddExports>;
  return *list;
}

Napi::String text(Napi::Env env, std::string_view s) {
  return Napi::String::New(env, s.data(), s.size());
}

template <class Range>
Napi::Array names(Napi::Env env, const Range& range) {
  Napi::Array array = Napi::Array::New(env);
  for (const std::string_view name : range) array[array.Length()] = text(env, name);
  return array;
}

// takeError(): {code, message, parameter?} of the last call that returned false, or undefined
Napi::Value take_error(const Napi::CallbackInfo& info) {
  LastError& last = Addon::of(info.Env()).last_error;
  if (last.code.empty()) return info.Env().Undefined();
  Napi::Object error = Napi::Object::New(info.Env());
  error["code"] = text(info.Env(), last.code);
  error["message"] = text(info.Env(), last.message);
  if (!last.parameter.empty()) error["parameter"] = text(info.Env(), last.parameter);
  last = {};
  return error;
}

// kernels(): [{name, fields: [{name, type, optional, choices}]}]
Napi::Value kernels(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  for (const KernelInfo* kernel : all_kernels()) {
    Napi::Array fields = Napi::Array::New(env);
    for (const FieldInfo& field : kernel->fields) {
      Napi::Object entry = Napi::Object::New(env);
      entry["name"] = text(env, field.name);
      entry["type"] = text(env, kFieldTypeNames[static_cast<int>(field.type)]);
      entry["optional"] = Napi::Boolean::New(env, field.optional);
      entry["choices"] = names(env, field.names);
      fields[fields.Length()] = entry;
    }
    Napi::Object entry = Napi::Object::New(env);
    entry["name"] = text(env, kernel->name);
    entry["fields"] = fields;
    list[list.Length()] = entry;
  }
  return list;
}

// info(): {scalars, counters, devices: [{name, kind, kernels}], absent: [{name, reason}], threads}
Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  result["scalars"] = names(env, kScalarNames);
  result["counters"] = names(env, kCounterNames);
  result["threads"] = Napi::Number::New(env, cpu::threads());
  Napi::Array devices = Napi::Array::New(env);
  Napi::Array absent = Napi::Array::New(env);
  for (const std::string_view name : backend_names()) {
    Backend& backend = *find_backend(name);
    if (const std::string reason = backend.absence(); !reason.empty()) {
      Napi::Object entry = Napi::Object::New(env);
      entry["name"] = text(env, name);
      entry["reason"] = text(env, reason);
      absent[absent.Length()] = entry;
      continue;
    }
    std::vector<std::string_view> runnable;
    for (const KernelInfo* kernel : all_kernels()) {
      if (find_run(kernel->name, name, backend.level()) != nullptr)
        runnable.push_back(kernel->name);
    }
    Napi::Object entry = Napi::Object::New(env);
    entry["name"] = text(env, name);
    entry["kind"] = text(env, backend.kind());
    entry["kernels"] = names(env, runnable);
    devices[devices.Length()] = entry;
  }
  result["devices"] = devices;
  result["absent"] = absent;
  return result;
}

// libraries(device): [{title, file, failure}], of the last two one is null
Napi::Value libraries(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto or_null = [&](const std::string& s) {
    return s.empty() ? env.Null() : Napi::Value(text(env, s));
  };
  Napi::Array list = Napi::Array::New(env);
  const bool ok = guard(Addon::of(env).last_error, [&] {
    for (const LibraryInfo& library : require_backend(read_string(info[0], "device")).libraries()) {
      Napi::Object entry = Napi::Object::New(env);
      entry["title"] = text(env, library.title);
      entry["file"] = or_null(library.file);
      entry["failure"] = or_null(library.failure);
      list[list.Length()] = entry;
    }
  });
  return ok ? Napi::Value(list) : Napi::Boolean::New(env, false);
}

// More threads than any machine has processors are a mistake, and would exhaust the system.
constexpr size_t kMostThreads = 4096;

// setThreads(n): 0 means the default
Napi::Value set_threads(const Napi::CallbackInfo& info) {
  const bool ok = guard(Addon::of(info.Env()).last_error, [&] {
    const size_t threads = read_size(info[0], "threads");
    require(threads <= kMostThreads, kInvalidArg, "so many threads cannot be started");
    cpu::set_threads(static_cast<int>(threads));
  });
  return Napi::Boolean::New(info.Env(), ok);
}

// counters(device, on): JSON of what the device's kernels have done since it was last asked, null
// where it does not count; from now on it does or does not
Napi::Value counters(const Napi::CallbackInfo& info) {
  Napi::Value result = Napi::Boolean::New(info.Env(), false);
  guard(Addon::of(info.Env()).last_error, [&] {
    const CounterSource* source = find_counters(read_string(info[0], "device"));
    if (!info[1].IsBoolean()) throw Error(kInvalidArg, "on must be a boolean");
    result = info.Env().Null();
    if (source == nullptr) return;
    result = text(info.Env(), source->take());
    source->count(info[1].As<Napi::Boolean>());
  });
  return result;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData<Addon>(new Addon);
  exports["Program"] = ProgramHandle::define(env);
  exports["Buffer"] = BufferHandle::define(env);
  exports["takeError"] = Napi::Function::New<take_error>(env, "takeError");
  exports["kernels"] = Napi::Function::New<kernels>(env, "kernels");
  exports["info"] = Napi::Function::New<describe>(env, "info");
  exports["libraries"] = Napi::Function::New<libraries>(env, "libraries");
  exports["counters"] = Napi::Function::New<counters>(env, "counters");
  exports["setThreads"] = Napi::Function::New<set_threads>(env, "setThreads");
  for (const AddExports add : more_exports()) add(env, exports);
  return exports;
}

}  // namespace

bool register_exports(AddExports add) {
  more_exports().push_back(add);
  return true;
}

}  // namespace lean::addon

namespace {
Napi::Object init_addon(Napi::Env env, Napi::Object exports) {
  return lean::addon::init(env, exports);
}
}  // namespace
NODE_API_MODULE(lean_optim, init_addon)
