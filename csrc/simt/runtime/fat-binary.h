// The fat binary that nvcc embeds: PTX and machine code for several architectures in one blob.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lean::simt {

struct FatEntry {
  enum class Kind : unsigned char { ptx, machine_code, other };
  Kind kind = Kind::other;
  int architecture = 0;   // 90 for sm_90
  bool specific = false;  // sm_90a: code for this architecture alone
  bool compressed = false;
  std::string_view text;  // of PTX that is not compressed
};

// The entries of what __cudaRegisterFatBinary() is given. Throws Error when it is no fat binary.
std::vector<FatEntry> read_fat_binary(const void* wrapper);

// The PTX of the newest architecture up to `target`; empty when there is none, and `problem` says
// why.
std::string_view choose_ptx(const std::vector<FatEntry>& entries, int target, std::string& problem);

}  // namespace lean::simt
