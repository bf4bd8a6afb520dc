#include "kernels/adopt-lines.h"

#include "cpu/line-policy.h"
#include "cpu/register.h"

namespace lean::cpu::LEAN_ISA {
namespace {

bool is_ascending(const int32_t* index, int64_t rank, int64_t lines) {
  for (int64_t i = 0; i < rank; ++i) {
    if (index[i] < (i > 0 ? index[i - 1] + 1 : 0) || index[i] >= lines) return false;
  }
  return true;
}

void run(std::span<const AdoptLines> items, Context& context) {
  for (const AdoptLines& item : items) {
    if (!refresh_is_due(item)) continue;
    const int32_t* index = item.source.as<int32_t>();
    if (is_ascending(index, item.rank(), item.lines())) {
      adopt(context, item, index, static_cast<int32_t*>(item.workspace));
    } else {
      refuse(item);
    }
  }
}

const Registered<AdoptLines, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
