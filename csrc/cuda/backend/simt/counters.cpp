// The interpreter's counters, for those who ask the device of its name.
#include "simt/counters/counters.h"

#include "core/counters.h"
#include "cuda/register.h"

namespace lean::cuda {
namespace {

void count(bool on) { simt::options().count = on; }

std::string take() { return simt::to_json(simt::summed(simt::take_counters())); }

[[maybe_unused]] const bool registered = (register_counters(kDevice, {count, take}), true);

}  // namespace
}  // namespace lean::cuda
