// The kernel registry. A kernel is an item struct (csrc/kernels/k.h) with
//   static constexpr std::string_view name;    static constexpr auto fields() { return
//   std::tuple{field(...)}; } void check() const;                         // throws Error for what
//   would corrupt memory
// optionally `int64_t workspace_bytes() const` with a member `void* workspace`,
// and one `run` per backend, which takes an array of items and may assume that they were checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/field.h"

namespace lean {

// What a backend hands to its kernels: each has its own, csrc/<backend>/context.h.
struct Context {
 protected:
  ~Context() = default;
};

struct KernelInfo {
  std::string_view name;
  size_t item_size;
  std::vector<FieldInfo> fields;
  void (*construct)(void* item);
  void (*check)(const void* item);
  // Bytes of scratch memory that a run over this item needs beyond a thread's own, or nullptr. One
  // block serves all items of a program, because such items run one after another.
  int64_t (*workspace_bytes)(const void* item);
  void (*set_workspace)(void* item, void* memory);
};

// Runs a kernel over an array of items, or, where a program is prepared once and replayed, records
// what has to run.
using RunFunction = void (*)(const void* items, size_t count, Context& context);

// Both are called from static initializers and stay valid for the process's life.
void register_kernel(KernelInfo info);
void register_run(std::string_view kernel, std::string_view backend, int level, RunFunction run);

const KernelInfo* find_kernel(std::string_view name);
std::vector<const KernelInfo*> all_kernels();

// The implementation of the highest level that is not above `level`, or nullptr. A CPU's level is
// its instruction set; a GPU backend has level 0 alone.
RunFunction find_run(std::string_view kernel, std::string_view backend, int level);

template <class Item>
void register_item() {
  KernelInfo info{Item::name, sizeof(Item), {}, nullptr, nullptr, nullptr, nullptr};
  std::apply([&](const auto&... f) { (info.fields.push_back(field_info(f)), ...); },
             Item::fields());
  info.construct = [](void* item) { new (item) Item{}; };
  info.check = [](const void* item) { static_cast<const Item*>(item)->check(); };
  if constexpr (requires(Item item) { item.workspace_bytes(); }) {
    info.workspace_bytes = [](const void* item) {
      return static_cast<const Item*>(item)->workspace_bytes();
    };
    info.set_workspace = [](void* item, void* memory) {
      static_cast<Item*>(item)->workspace = memory;
    };
  }
  register_kernel(std::move(info));
}

}  // namespace lean
