#include "core/backend.h"

#include <utility>

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

std::vector<std::string_view> backend_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, get] : backends()) names.push_back(name);
  return names;
}

}  // namespace lean
