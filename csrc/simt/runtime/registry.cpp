#include "simt/runtime/registry.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "simt/checks/fault.h"
#include "simt/memory/device-memory.h"
#include "simt/runtime/error.h"
#include "simt/runtime/fat-binary.h"
#include "simt/runtime/options.h"

namespace lean::simt {

// The fat binary of one object file.
class Binary {
 public:
  explicit Binary(const void* wrapper) : wrapper_(wrapper) {}

  // `user` is what needs it, for the message.
  const Module& module(const std::string& user) {
    int target = runtime_options().target;
    if (!module_ || target_ != target) {
      forget();
      module_ = parse(user, target);
      target_ = target;
    }
    return *module_;
  }

  void forget() {
    if (!module_) return;
    for (const auto& [name, variable] : module_->variables) {
      DeviceMemory::get().release(variable.address);
    }
    module_.reset();
  }

 private:
  std::unique_ptr<Module> parse(const std::string& user, int target) {
    std::string problem;
    std::string_view ptx = choose_ptx(read_fat_binary(wrapper_), target, problem);
    if (ptx.empty()) throw Error(cudaErrorNoKernelImageForDevice, user + ": " + problem);
    try {
      return parse_module(ptx);
    } catch (const Fault& fault) {
      throw Error(cudaErrorInvalidPtx, user + ": " + fault.what());
    }
  }

  const void* wrapper_;
  std::unique_ptr<Module> module_;
  int target_ = 0;
};

namespace {

struct Registry {
  std::vector<std::unique_ptr<Binary>> binaries;
  std::unordered_map<const void*, std::unique_ptr<Function>> functions;
  std::unordered_map<const void*, std::unique_ptr<Symbol>> symbols;
};

// Objects register themselves in static initializers, before or after those of this file, and
// unregister themselves at exit: made at first use, and never destroyed.
Registry& registry() {
  static Registry& the = *new Registry;
  return the;
}

}  // namespace

const Kernel& Function::kernel() {
  const auto& kernels = binary->module(name).kernels;
  auto found = kernels.find(name);
  if (found == kernels.end()) {
    throw Error(cudaErrorInvalidDeviceFunction, name + " is not in the PTX of its object");
  }
  return *found->second;
}

int Function::ptx_version() {
  const std::string& target = binary->module(name).target;
  return std::atoi(target.c_str() + target.find('_') + 1);
}

const Variable& Symbol::variable() {
  const auto& variables = binary->module(name).variables;
  auto found = variables.find(name);
  if (found == variables.end()) {
    throw Error(cudaErrorInvalidSymbol, name + " is not in the PTX of its object");
  }
  return found->second;
}

Function& find_function(const void* address) {
  auto& functions = registry().functions;
  auto found = functions.find(address);
  if (found != functions.end()) return *found->second;
  // Few kernels, and a launch costs far more than this.
  for (auto& [host, function] : functions) {
    if (function.get() == address) return *function;
  }
  throw Error(cudaErrorInvalidDeviceFunction, "there is no kernel in this binary at that address");
}

Symbol& find_symbol(const void* address) {
  auto& symbols = registry().symbols;
  auto found = symbols.find(address);
  if (found == symbols.end()) {
    throw Error(cudaErrorInvalidSymbol, "there is no __device__ variable at that address");
  }
  return *found->second;
}

void* register_binary(const void* wrapper) {
  registry().binaries.push_back(std::make_unique<Binary>(wrapper));
  return registry().binaries.back().get();
}

void unregister_binary(void* handle) {
  auto& all = registry();
  std::erase_if(all.functions, [&](auto& entry) { return entry.second->binary == handle; });
  std::erase_if(all.symbols, [&](auto& entry) { return entry.second->binary == handle; });
  std::erase_if(all.binaries, [&](auto& binary) { return binary.get() == handle; });
}

void register_function(void* handle, const void* host, const char* name) {
  auto function = std::make_unique<Function>();
  function->binary = static_cast<Binary*>(handle);
  function->name = name;
  function->host = host;
  registry().functions[host] = std::move(function);
}

void register_symbol(void* handle, const void* host, Symbol symbol) {
  symbol.binary = static_cast<Binary*>(handle);
  registry().symbols[host] = std::make_unique<Symbol>(std::move(symbol));
}

void prepare_managed(void* handle) {
  for (auto& [host, symbol] : registry().symbols) {
    if (symbol->binary != handle || !symbol->managed) continue;
    const Variable& variable = symbol->variable();
    // The host writes it without our seeing it.
    DeviceMemory::get().set_initialized(variable.address, variable.bytes);
    *symbol->managed = reinterpret_cast<void*>(variable.address);
  }
}

void forget_modules() {
  for (auto& binary : registry().binaries) binary->forget();
  // The host asks for the addresses of managed variables once in its life, so those it has are
  // replaced at once.
  for (auto& [host, symbol] : registry().symbols) {
    if (symbol->managed && *symbol->managed) prepare_managed(symbol->binary);
  }
  for (auto& [host, function] : registry().functions) function->settings = {};
}

}  // namespace lean::simt
