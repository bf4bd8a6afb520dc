// State of the addon in one JavaScript environment (the main thread, or a worker).
#pragma once

#include <napi.h>

#include "addon/guard.h"

namespace lean::addon {

struct Addon {
  LastError last_error;

  static Addon& of(Napi::BasicEnv env) { return *env.GetInstanceData<Addon>(); }
};

// What an addon for tests exports beside (csrc/addon/simt).
using AddExports = void (*)(Napi::Env, Napi::Object exports);
bool register_exports(AddExports add);

}  // namespace lean::addon
