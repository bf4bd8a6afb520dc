#include "simt/ptx/variables.h"

#include <cstring>

#include "simt/checks/fault.h"
#include "simt/memory/device-memory.h"

namespace lean::simt {
namespace {

void fill(const Declaration& declaration, const Module& module, uint64_t address) {
  auto* to = reinterpret_cast<std::byte*>(address);
  std::memset(to, 0, declaration.bytes);
  const auto size = static_cast<size_t>(size_of(declaration.type));
  size_t offset = 0;
  for (const Declaration::Value& value : declaration.values) {
    uint64_t bits = value.bits;
    if (!value.symbol.empty()) {
      const auto found = module.variables.find(value.symbol);
      if (found == module.variables.end()) {
        throw Fault(FaultKind::unsupported, "the initializer of " + declaration.name + " names " +
                                                value.symbol + ", which is no variable");
      }
      bits += found->second.address;
    }
    if (offset + size > declaration.bytes) break;
    std::memcpy(to + offset, &bits, size < 8 ? size : 8);
    offset += size;
  }
  DeviceMemory::get().set_initialized(address, declaration.bytes);
}

}  // namespace

void place_variables(const std::vector<Declaration>& declarations, Module& module) {
  const auto owned = [](const Declaration& declaration) {
    return declaration.space != "shared" && !declaration.external;
  };
  for (const Declaration& declaration : declarations) {
    if (!owned(declaration)) continue;
    const MemoryKind kind =
        declaration.space == "const" ? MemoryKind::constant : MemoryKind::device;
    Variable variable;
    variable.name = declaration.name;
    variable.bytes = declaration.bytes;
    variable.address = DeviceMemory::get().allocate(declaration.bytes, kind);
    if (variable.address == 0) {
      throw Fault(FaultKind::unsupported, "no memory for the variable " + declaration.name);
    }
    module.variables[declaration.name] = variable;
  }
  for (const Declaration& declaration : declarations) {
    if (owned(declaration)) fill(declaration, module, module.variables[declaration.name].address);
  }
}

}  // namespace lean::simt
