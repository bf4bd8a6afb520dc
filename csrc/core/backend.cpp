#include "core/backend.h"

#include <utility>

#include "core/error.h"

namespace lean {
namespace {

using Entry = std::pair<std::string_view, Backend& (*)()>;

std::vector<Entry>& backends() {
  static auto* list = new std::vector<Entry>;
  return *list;
}

}  // namespace

void register_backend(std::string_view name, Backend& (*get)()) {
  backends().push_back({name, get});
}

Backend* find_backend(std::string_view name) {
  for (const auto& [known, get] : backends()) {
    if (known == name) return &get();
  }
  return nullptr;
}

Backend& require_backend(std::string_view name) {
  Backend* backend = find_backend(name);
  require(backend != nullptr, kUnsupported, "no device is called " + std::string(name));
  const std::string absence = backend->absence();
  require(absence.empty(), kUnsupported,
          "there is no device " + std::string(name) + " on this machine: " + absence);
  return *backend;
}

std::vector<std::string_view> backend_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, get] : backends()) names.push_back(name);
  return names;
}

}  // namespace lean
