#include "simt/ptx/registers.h"

#include <charconv>
#include <cstring>

namespace lean::simt {

uint32_t Registers::reserve(uint32_t bytes, uint32_t alignment) {
  uint32_t& end = kernel_.register_bytes;
  end = (end + alignment - 1) / alignment * alignment;
  const uint32_t offset = end;
  end += bytes;
  return offset;
}

Column Registers::make(Type type) {
  Column column;
  if (type == Type::pred) {
    column.predicate = true;
    column.offset = reserve(4, 4);
    return column;
  }
  const uint32_t cell = size_of(type) <= 4 ? 4 : static_cast<uint32_t>(size_of(type));
  column.wide = cell > 4;
  column.offset = reserve(cell * kLanes, 64);
  return column;
}

bool Registers::find(int32_t scope, std::string_view name, Column& column) {
  for (; scope >= 0; scope = function_.scopes[static_cast<size_t>(scope)].parent) {
    const auto known = known_.find(std::make_pair(scope, std::string(name)));
    if (known != known_.end()) {
      column = known->second;
      return true;
    }
    const Scope& here = function_.scopes[static_cast<size_t>(scope)];
    Type type = Type::none;
    const auto single = here.registers.find(name);
    if (single != here.registers.end()) type = single->second;
    for (const RegisterRange& range : here.ranges) {
      if (name.substr(0, range.prefix.size()) != range.prefix) continue;
      const std::string_view digits = name.substr(range.prefix.size());
      uint32_t number = 0;
      const char* end = digits.data() + digits.size();
      const auto [stop, error] = std::from_chars(digits.data(), end, number);
      if (error == std::errc() && stop == end && number < range.count) type = range.type;
    }
    if (type == Type::none) continue;
    column = make(type);
    known_[{scope, std::string(name)}] = column;
    return true;
  }
  return false;
}

Column Registers::special(Special which) {
  const auto known = specials_.find(which);
  if (known != specials_.end()) return known->second;
  const Column column = make(is_predicate(which) ? Type::pred
                             : is_wide(which)    ? Type::b64
                                                 : Type::b32);
  specials_[which] = column;
  if (!is_clock(which)) kernel_.specials.push_back({which, column.offset});
  return column;
}

Column Registers::constant(uint64_t bits, bool wide) {
  if (!wide) bits &= 0xffffffffu;
  const auto known = constants_.find({bits, wide});
  if (known != constants_.end()) return known->second;
  Column column;
  column.constant = true;
  column.wide = wide;
  column.offset = static_cast<uint32_t>(kernel_.constants.size() * sizeof(Line));
  const size_t cell = wide ? 8 : 4;
  kernel_.constants.resize(kernel_.constants.size() + cell * kLanes / sizeof(Line));
  std::byte* to = kernel_.constants.front().bytes + column.offset;
  for (int i = 0; i < kLanes; ++i) std::memcpy(to + static_cast<size_t>(i) * cell, &bits, cell);
  constants_[{bits, wide}] = column;
  return column;
}

}  // namespace lean::simt
