#include "simt/machine/environment.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace lean::simt {
namespace {

constexpr std::string_view kPrefix = "LEAN_SIMT_";
constexpr std::string_view kKnown[] = {
    "COPIES", "COUNT", "DEVICE", "DRY_RUN", "INITIALIZATION", "ORDER",   "PATIENCE",
    "RACES",  "SEED",  "STOP",   "STREAMS", "TARGET",         "THREADS", "VERBOSE"};

}  // namespace

std::string_view environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

void require_known_environment() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with(kPrefix)) continue;
    const std::string_view name = text.substr(0, text.find('='));
    if (std::ranges::find(kKnown, name.substr(kPrefix.size())) != std::end(kKnown)) continue;
    std::string message = "there is no " + std::string(name) + "; there are";
    for (const std::string_view known : kKnown) message += " " + std::string(known);
    throw std::invalid_argument(message);
  }
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
