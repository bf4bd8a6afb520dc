#include "kernels/uniform-lines.h"

#include "cpu/backend/select-lines.h"
#include "cpu/line-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void refresh(const UniformLines& item, Context& context) {
  const int64_t rank = item.rank(), lines = item.lines();
  Workspace workspace(item.workspace);
  auto* keys = workspace.take<uint64_t>(lines);
  auto* order = workspace.take<int32_t>(lines);
  auto* index = workspace.take<int32_t>(rank);
  auto* from = workspace.take<int32_t>(rank);

  const uint64_t key = random_key_of(item);
  for (int64_t i = 0; i < lines; ++i) keys[i] = random_bits(key, static_cast<uint64_t>(i));
  select_smallest(keys, lines, rank, order, index);
  adopt(context, item, index, from);
}

void run(std::span<const UniformLines> items, Context& context) {
  for (const UniformLines& item : items) {
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<UniformLines, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
