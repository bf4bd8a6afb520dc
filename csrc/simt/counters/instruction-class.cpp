#include "simt/counters/instruction-class.h"

#include <unordered_map>

namespace lean::simt {
namespace {

// Of opcodes whose class does not depend on the type.
const std::unordered_map<std::string_view, InstructionClass>& table() {
  using enum InstructionClass;
  static const std::unordered_map<std::string_view, InstructionClass> classes = {
      {"ld", memory},        {"ldu", memory},        {"st", memory},
      {"atom", memory},      {"red", memory},        {"cp", memory},
      {"ldmatrix", memory},  {"stmatrix", memory},   {"prefetch", memory},
      {"prefetchu", memory}, {"discard", memory},    {"applypriority", memory},
      {"bra", control},      {"brx", control},       {"ret", control},
      {"exit", control},     {"call", control},      {"trap", control},
      {"bar", control},      {"barrier", control},   {"membar", control},
      {"fence", control},    {"nanosleep", control}, {"griddepcontrol", control},
      {"shfl", warp},        {"vote", warp},         {"match", warp},
      {"redux", warp},       {"activemask", warp},   {"elect", warp},
      {"mma", tensor},       {"wgmma", tensor},      {"cvt", conversion},
      {"mov", move},         {"selp", move},         {"cvta", move},
      {"isspacep", move},    {"mapa", move},         {"movmatrix", warp},
  };
  return classes;
}

}  // namespace

std::string_view name_of(InstructionClass which) {
  switch (which) {
    case InstructionClass::integer:
      return "integer";
    case InstructionClass::single:
      return "float";
    case InstructionClass::twofold:
      return "double";
    case InstructionClass::half:
      return "half";
    case InstructionClass::conversion:
      return "conversion";
    case InstructionClass::move:
      return "move";
    case InstructionClass::memory:
      return "memory";
    case InstructionClass::control:
      return "control";
    case InstructionClass::warp:
      return "warp";
    case InstructionClass::tensor:
      return "tensor";
    case InstructionClass::count_of_them:
      break;
  }
  return "";
}

InstructionClass class_of(const Spelling& spelling) {
  if (spelling.opcode == "wmma") {
    return spelling.has("mma") ? InstructionClass::tensor : InstructionClass::memory;
  }
  const auto found = table().find(spelling.opcode);
  if (found != table().end()) return found->second;
  // set.u32.f32 compares floats: its last type.
  Type type = spelling.type();
  for (size_t i = 1; spelling.type(i) != Type::none; ++i) type = spelling.type(i);
  switch (type) {
    case Type::f16:
    case Type::bf16:
    case Type::f16x2:
    case Type::bf16x2:
      return InstructionClass::half;
    case Type::f32:
      return InstructionClass::single;
    case Type::f64:
      return InstructionClass::twofold;
    default:
      return InstructionClass::integer;
  }
}

}  // namespace lean::simt
