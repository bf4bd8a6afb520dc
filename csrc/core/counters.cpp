#include "core/counters.h"

#include <map>

namespace lean {
namespace {

std::map<std::string_view, CounterSource>& sources() {
  static auto* map = new std::map<std::string_view, CounterSource>;
  return *map;
}

}  // namespace

void register_counters(std::string_view device, CounterSource source) {
  sources().insert_or_assign(device, source);
}

const CounterSource* find_counters(std::string_view device) {
  const auto found = sources().find(device);
  return found == sources().end() ? nullptr : &found->second;
}

}  // namespace lean
