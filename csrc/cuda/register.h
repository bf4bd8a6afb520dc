// How a kernel of csrc/cuda enters the registry. The same sources make the device of tests that
// runs on the PTX interpreter, under a name of its own.
#pragma once

#include <span>
#include <string_view>

#include "core/kernel.h"
#include "cuda/recorder.h"

namespace lean::cuda {

#if defined(LEAN_SIMT)
inline constexpr std::string_view kDevice = "simt";
#else
inline constexpr std::string_view kDevice = "cuda";
#endif

template <class Item, void (*Record)(std::span<const Item>, Recorder&)>
struct Registered {
  Registered() {
    register_run(Item::name, kDevice, 0, [](const void* items, size_t count, Context& context) {
      Record({static_cast<const Item*>(items), count}, static_cast<Recorder&>(context));
    });
  }
};

}  // namespace lean::cuda
