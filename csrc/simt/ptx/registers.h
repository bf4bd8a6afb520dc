// Gives the registers of a kernel their columns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "simt/machine/instruction.h"
#include "simt/machine/special.h"
#include "simt/ptx/module.h"
#include "simt/ptx/syntax.h"

namespace lean::simt {

class Registers {
 public:
  Registers(const Function& function, Kernel& kernel) : function_(function), kernel_(kernel) {}

  // False when no register has this name in the scope or around it.
  bool find(int32_t scope, std::string_view name, Column& column);
  Column special(Special which);
  // One that has no name.
  Column nameless(Type type) { return make(type); }
  // A column of its own for an immediate or address; equal ones are shared.
  Column constant(uint64_t bits, bool wide);

 private:
  Column make(Type type);
  uint32_t reserve(uint32_t bytes, uint32_t alignment);

  const Function& function_;
  Kernel& kernel_;
  std::map<std::pair<int32_t, std::string>, Column, std::less<>> known_;
  std::map<Special, Column> specials_;
  std::map<std::pair<uint64_t, bool>, Column> constants_;
};

}  // namespace lean::simt
