#include "simt/checks/demangle.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace lean::simt {

std::string demangle(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? plain.get() : name;
}

}  // namespace lean::simt
