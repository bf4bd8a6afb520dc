// How a kernel of csrc/cpu enters the registry. These files are compiled once for each instruction
// set (LEAN_ISA: a namespace; LEAN_ISA_LEVEL: 0, 1, 2), so what they define lives in
// lean::cpu::LEAN_ISA, and nothing but the registration runs before main.
#pragma once

#include <span>

#include "core/kernel.h"
#include "cpu/context.h"

namespace lean::cpu::LEAN_ISA {

template <class Item, void (*Run)(std::span<const Item>, Context&)>
struct Registered {
  Registered() {
    if constexpr (LEAN_ISA_LEVEL == 0) register_item<Item>();
    register_run(Item::name, "cpu", LEAN_ISA_LEVEL,
                 [](const void* items, size_t count, lean::Context& context) {
                   Run({static_cast<const Item*>(items), count}, static_cast<Context&>(context));
                 });
  }
};

}  // namespace lean::cpu::LEAN_ISA
