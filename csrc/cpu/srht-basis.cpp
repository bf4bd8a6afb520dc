#include "kernels/srht-basis.h"

#include <cmath>

#include "cpu/backend/select-lines.h"
#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

void refresh(const SrhtBasis& item, Context& context) {
  const Stopwatch stopwatch(item);
  const int64_t rank = item.rank(), projected = item.projected();
  const Hadamard transform = item.transform();
  Workspace workspace(item.workspace);
  auto* gram = workspace.take<double>(rank * rank);
  auto* basis = workspace.take<float>(projected * rank);
  auto* keys = workspace.take<uint64_t>(transform.order);
  auto* order = workspace.take<int32_t>(transform.order);
  auto* rows = workspace.take<int32_t>(rank);

  const uint64_t key = random_key_of(item);
  const auto bits = [=](int64_t i) { return random_bits(key, static_cast<uint64_t>(i)); };
  for (int64_t i = 0; i < transform.order; ++i) keys[i] = bits(i);
  select_smallest(keys, transform.order, rank, order, rows);
  const auto size = static_cast<float>(1 / std::sqrt(static_cast<double>(transform.order)));
  const Panels panels = Panels::of(projected, rank);
  parallel_for(context, panels.count, [&](int64_t tile, int) {
    for (int64_t i = panels[tile].begin; i < panels[tile].end; ++i) {
      const bool flipped = (bits(transform.order + i) & 1) != 0;
      for (int64_t j = 0; j < rank; ++j) {
        basis[i * rank + j] = transform.is_negative(rows[j], i) != flipped ? -size : size;
      }
    }
  });
  if (transform.order != projected) orthonormalize(context, basis, projected, rank, gram);
  adopt(context, item, basis, reinterpret_cast<float*>(gram));
}

void run(std::span<const SrhtBasis> items, Context& context) {
  for (const SrhtBasis& item : items) {
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<SrhtBasis, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
