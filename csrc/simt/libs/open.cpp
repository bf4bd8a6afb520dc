// dlopen() and dlsym() as the linked code sees them (-Wl,--wrap): a library that has a stand-in is
// not looked for where the loader looks. So the CUDA backend opens "libcusolver.so" as it always
// does. A path is that file: tests bring libraries that are none.
#include <dlfcn.h>

#include <string>
#include <string_view>

#include "simt/libs/library.h"

namespace {

// Their addresses are the handles.
struct Opened {
  std::string_view library;
};

Opened stand_ins[] = {{"cusolver"}, {"cublas"}};

Opened* stand_in_for(const char* file) {
  if (!file) return nullptr;
  std::string_view name = file;
  for (Opened& each : stand_ins) {
    std::string start = "lib" + std::string(each.library) + ".so";
    if (name.starts_with(start) && lean::simt::is_library(each.library)) return &each;
  }
  return nullptr;
}

Opened* find_stand_in(void* handle) {
  for (Opened& each : stand_ins) {
    if (&each == handle) return &each;
  }
  return nullptr;
}

}  // namespace

extern "C" {

void* __real_dlopen(const char* file, int flags);
void* __real_dlsym(void* handle, const char* name);
int __real_dlclose(void* handle);

void* __wrap_dlopen(const char* file, int flags) {
  if (Opened* found = stand_in_for(file)) return found;
  return __real_dlopen(file, flags);
}

void* __wrap_dlsym(void* handle, const char* name) {
  if (Opened* found = find_stand_in(handle)) {
    return lean::simt::find_library_entry(found->library, name);
  }
  return __real_dlsym(handle, name);
}

int __wrap_dlclose(void* handle) { return find_stand_in(handle) ? 0 : __real_dlclose(handle); }
}
