#include "simt/machine/environment.h"

#include <charconv>
#include <stdexcept>
#include <string>

namespace lean::simt {

std::string_view environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

void refuse_environment(const char* name, std::string_view expected) {
  throw std::invalid_argument(std::string(name) + ": write " + std::string(expected));
}

uint64_t number_in(std::string_view text, const char* name) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) refuse_environment(name, "a whole number");
  return number;
}

uint64_t environment_number(const char* name, uint64_t otherwise) {
  const std::string_view text = environment(name);
  return text.empty() ? otherwise : number_in(text, name);
}

bool environment_flag(const char* name, bool otherwise) {
  const std::string_view text = environment(name);
  if (text.empty()) return otherwise;
  if (text != "0" && text != "1") refuse_environment(name, "0 or 1");
  return text == "1";
}

}  // namespace lean::simt
