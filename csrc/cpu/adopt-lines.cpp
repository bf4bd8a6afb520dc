#include "kernels/adopt-lines.h"

#include "cpu/backend/select-lines.h"
#include "cpu/line-policy.h"
#include "cpu/lines.h"
#include "cpu/register.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// Momentum is moved between ascending indexes only.
bool is_usable(const AdoptLines& item, int32_t* scratch) {
  const int32_t* index = item.source.as<int32_t>();
  if (item.on_refresh == OnRefresh::rotate && !ascends(index, item.rank())) return false;
  return are_distinct(index, item.rank(), item.lines(), scratch);
}

void run(std::span<const AdoptLines> items, Context& context) {
  for (const AdoptLines& item : items) {
    if (!refresh_is_due(item)) continue;
    auto* scratch = static_cast<int32_t*>(item.workspace);
    if (is_usable(item, scratch)) {
      adopt(context, item, item.source.as<int32_t>(), scratch);
    } else {
      refuse(item);
    }
  }
}

const Registered<AdoptLines, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
