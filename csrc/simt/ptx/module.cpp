#include "simt/ptx/module.h"

#include "simt/memory/device-memory.h"
#include "simt/ptx/link.h"
#include "simt/ptx/variables.h"

namespace lean::simt {

Module::~Module() {
  for (const auto& [name, variable] : variables) DeviceMemory::get().release(variable.address);
}

std::unique_ptr<Module> parse_module(std::string_view ptx) {
  const SyntaxTree tree = parse_syntax(ptx);
  auto module = std::make_unique<Module>();
  module->target = tree.target;
  place_variables(tree.variables, *module);
  for (const Function& function : tree.functions) {
    if (!function.entry || !function.defined) continue;
    auto kernel = std::make_unique<Kernel>();
    link_kernel(tree, function, *module, *kernel);
    module->kernels[function.name] = std::move(kernel);
  }
  return module;
}

}  // namespace lean::simt
