#include "simt/ptx/type.h"

#include <array>

namespace lean::simt {
namespace {

struct Entry {
  std::string_view name;
  int bytes;
};

// In the order of the enumeration.
constexpr std::array<Entry, 26> kTypes = {{
    {"", 0},       {"pred", 0},   {"b8", 1},     {"b16", 2},  {"b32", 4},  {"b64", 8},
    {"b128", 16},  {"u8", 1},     {"u16", 2},    {"u32", 4},  {"u64", 8},  {"s8", 1},
    {"s16", 2},    {"s32", 4},    {"s64", 8},    {"f16", 2},  {"bf16", 2}, {"f32", 4},
    {"f64", 8},    {"f16x2", 4},  {"bf16x2", 4}, {"tf32", 4}, {"e4m3", 1}, {"e5m2", 1},
    {"e4m3x2", 2}, {"e5m2x2", 2},
}};
static_assert(static_cast<size_t>(Type::e5m2x2) + 1 == kTypes.size());

}  // namespace

Type type_named(std::string_view name) {
  if (name.empty()) return Type::none;
  for (size_t i = 1; i < kTypes.size(); ++i) {
    if (kTypes[i].name == name) return static_cast<Type>(i);
  }
  return Type::none;
}

std::string_view name_of(Type type) {
  return type == Type::none ? "none" : kTypes[static_cast<size_t>(type)].name;
}

int size_of(Type type) { return kTypes[static_cast<size_t>(type)].bytes; }

}  // namespace lean::simt
