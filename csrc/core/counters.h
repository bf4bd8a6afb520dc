// What a device's kernels have done, where it can tell: the interpreter of tests can.
#pragma once

#include <string>
#include <string_view>

namespace lean {

struct CounterSource {
  void (*count)(bool on);
  std::string (*take)();  // JSON, of what was counted since the last time
};

void register_counters(std::string_view device, CounterSource source);
// nullptr where the device does not count.
const CounterSource* find_counters(std::string_view device);

}  // namespace lean
