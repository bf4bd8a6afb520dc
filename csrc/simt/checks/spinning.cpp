#include "simt/checks/spinning.h"

#include <bit>

#include "simt/machine/worker.h"

namespace lean::simt {
namespace {

// Of a turn, more stores than that are compared in groups.
constexpr size_t kMost = 4096;

}  // namespace

Spinning::Spinning(Worker& worker, uint64_t patience)
    : worker_(worker),
      patience_(patience),
      watched_from_(patience == 0 ? UINT64_MAX : patience / 2),
      observed_before_(worker.observed) {}

Spinning::~Spinning() { watch(false); }

void Spinning::watch(bool on) {
  worker_.spinning = on ? this : nullptr;
  worker_.observed = on || observed_before_;
  before_.clear();
  changed_ = false;
}

void Spinning::note(const Access& access, const HostPointers& host) {
  if (changed_) return;
  if (before_.size() >= kMost) {
    for (const Before& each : before_) {
      changed_ |= std::memcmp(each.at, each.value.data(), each.bytes) != 0;
    }
    before_.clear();
  }
  for (Mask left = access.lanes; left != 0; left &= left - 1) {
    const auto lane = static_cast<size_t>(std::countr_zero(left));
    Before& each = before_.emplace_back();
    each.at = host[lane];
    each.bytes = access.bytes;
    std::memcpy(each.value.data(), each.at, each.bytes);
  }
}

bool Spinning::look(bool exited) {
  for (const Before& each : before_) {
    changed_ |= std::memcmp(each.at, each.value.data(), each.bytes) != 0;
  }
  if (exited || changed_) {
    jumps_ = 0;
    watch(false);
    return false;
  }
  if (jumps_ >= patience_) return true;
  before_.clear();
  if (worker_.spinning == nullptr) watch(true);
  return false;
}

}  // namespace lean::simt
