// Settings in the environment. What is not understood is refused: a check that is quietly off would
// look like a pass.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

namespace lean::simt {

struct Options;

// Those of the machine. Throws as what follows does.
Options options_from_environment();

// Empty where it is not set.
std::string_view environment(const char* name);

// What follows throws std::invalid_argument with a sentence.
uint64_t number_in(std::string_view text, const char* name);
uint64_t environment_number(const char* name, uint64_t otherwise);
bool environment_flag(const char* name, bool otherwise);  // 0 or 1
// Every LEAN_SIMT_* must be one that there is.
void require_known_environment();
[[noreturn]] void refuse_environment(const char* name, std::string_view expected);

// What `read` returns. Where it refuses the environment the process ends.
template <class Read>
auto read_or_exit(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "simt: %s\n", error.what());
    std::exit(2);
  }
}

}  // namespace lean::simt
