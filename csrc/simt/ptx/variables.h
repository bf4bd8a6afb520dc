// Global and constant variables of a module: placed in DeviceMemory and filled.
#pragma once

#include <vector>

#include "simt/ptx/module.h"
#include "simt/ptx/syntax.h"

namespace lean::simt {

void place_variables(const std::vector<Declaration>& declarations, Module& module);

}  // namespace lean::simt
