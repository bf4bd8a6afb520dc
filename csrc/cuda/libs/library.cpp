#include "cuda/libs/library.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

#include "core/error.h"

namespace lean::cuda {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// Calls each(name) for the entries of a folder, in no order; for none of one that cannot be read.
// Not std::filesystem: the C++ libraries of the oldest systems that the addon is for lack it.
template <class Body>
void for_entries(const std::string& folder, Body each) {
  DIR* const open = opendir(folder.c_str());
  if (open == nullptr) return;
  while (const dirent* entry = readdir(open)) each(std::string(entry->d_name));
  closedir(open);
}

// Where pip puts NVIDIA's wheels: nvidia/cu13/lib, or nvidia/<library>/lib of CUDA 12 and before.
void add_wheels(const std::string& prefix, std::vector<std::string>& folders) {
  if (prefix.empty()) return;
  for_entries(prefix + "/lib", [&](const std::string& python) {
    if (!python.starts_with("python3")) return;
    const std::string wheels = prefix + "/lib/" + python + "/site-packages/nvidia";
    for_entries(wheels, [&](const std::string& wheel) {
      const std::string folder = wheels + "/" + wheel + "/lib";
      if (wheel[0] != '.' && exists(folder)) folders.push_back(folder);
    });
  });
}

// An empty one is the loader's own path.
std::vector<std::string> folders_to_search() {
  if (const std::string only = setting("LEAN_OPTIM_CUDA_LIBS"); !only.empty()) return {only};
  std::vector<std::string> folders = {""};
  for (const std::string& home :
       {setting("CUDA_HOME"), setting("CUDA_PATH"), std::string("/usr/local/cuda")}) {
    if (!home.empty()) folders.push_back(home + "/lib64");
  }
  for (const char* prefix : {"VIRTUAL_ENV", "CONDA_PREFIX"}) add_wheels(setting(prefix), folders);
  return folders;
}

}  // namespace

Library::Library(std::string_view title, std::span<const char* const> files) : title_(title) {
  const std::vector<std::string> folders = folders_to_search();
  for (const char* file : files) {
    for (const std::string& folder : folders) {
      const std::string path = folder.empty() ? file : folder + "/" + file;
      // Of many folders most lack it, which is no news; of the loader's path, it is.
      if (!folder.empty() && folders.size() > 1 && !exists(path)) continue;
      handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (handle_ != nullptr) {
        file_ = path;
        failure_.clear();
        return;
      }
      const char* reason = dlerror();
      if (!failure_.empty()) failure_ += '\n';
      failure_ += reason == nullptr ? path + " could not be opened" : reason;
    }
  }
}

void* Library::address_of(const char* name) {
  if (handle_ == nullptr) return nullptr;
  void* address = dlsym(handle_, name);
  if (address == nullptr && !file_.empty()) {
    failure_ = file_ + " is of a version without " + name;
    file_.clear();
  }
  return address;
}

void require_libraries(std::string_view user, std::span<const Library* const> libraries) {
  std::string missing, reasons;
  for (const Library* library : libraries) {
    if (!library->file().empty()) continue;
    missing += (missing.empty() ? "" : " and ") + std::string(library->title());
    reasons += "\n" + library->failure();
  }
  if (missing.empty()) return;
  throw Error(kUnsupported,
              std::string(user) + " needs " + missing +
                  ", which could not be used. Install NVIDIA's CUDA toolkit, or `pip install "
                  "nvidia-cusolver nvidia-cublas`, and set LEAN_OPTIM_CUDA_LIBS to the folder of "
                  "their files if they are not found by themselves. What was tried:" +
                  reasons);
}

}  // namespace lean::cuda
