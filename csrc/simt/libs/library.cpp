#include "simt/libs/library.h"

#include <map>
#include <unordered_set>

#include "simt/libs/gate.h"
#include "simt/runtime/operation.h"
#include "simt/runtime/stream.h"

namespace lean::simt {
namespace {

std::unordered_set<LibraryHandle*>& handles() {
  static auto& the = *new std::unordered_set<LibraryHandle*>;
  return the;
}

using Table = std::map<std::string, std::map<std::string, void*, std::less<>>, std::less<>>;

Table& table() {
  static auto& the = *new Table;
  return the;
}

}  // namespace

LibraryHandle* create_handle() { return *handles().insert(new LibraryHandle).first; }

void destroy_handle(LibraryHandle* handle) {
  check_handle(handle);
  handles().erase(handle);
  delete handle;
}

LibraryHandle& check_handle(LibraryHandle* handle) {
  if (!handles().contains(handle)) {
    throw Error(cudaErrorInvalidResourceHandle, "no such handle of a library");
  }
  return *handle;
}

void enqueue(LibraryHandle& handle, std::function<void()> run) {
  pass_gate();
  submit(find_stream(handle.stream), LibraryCall{std::move(run)});
}

int to_status(cudaError_t error, const StatusCodes& codes) {
  switch (error) {
    case cudaSuccess:
      return 0;
    case cudaErrorInvalidResourceHandle:
      return codes.not_initialized;
    case cudaErrorInvalidValue:
      return codes.invalid_value;
    case cudaErrorNotSupported:
      return codes.not_supported;
    default:
      return codes.execution_failed;
  }
}

LibraryEntry::LibraryEntry(std::string_view library, std::string_view name, void* address) {
  table()[std::string(library)][std::string(name)] = address;
}

bool is_library(std::string_view library) { return table().contains(library); }

void* find_library_entry(std::string_view library, std::string_view name) {
  auto entries = table().find(library);
  if (entries == table().end()) return nullptr;
  auto found = entries->second.find(name);
  return found == entries->second.end() ? nullptr : found->second;
}

}  // namespace lean::simt
