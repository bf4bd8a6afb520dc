#pragma once

#include <string>

namespace lean::simt {

// The name as it was written; others stay as they are.
std::string demangle(const std::string& name);

}  // namespace lean::simt
