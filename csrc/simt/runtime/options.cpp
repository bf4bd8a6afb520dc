#include "simt/runtime/options.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace lean::simt {
namespace {

std::string_view variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

uint64_t number(std::string_view text, const char* name) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    throw std::invalid_argument(std::string(name) + ": " + std::string(text) + " is no number");
  }
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

bool flag(const char* name) {
  std::string_view text = variable(name);
  return !text.empty() && text != "0";
}

}  // namespace

RuntimeOptions runtime_options_from_environment() {
  RuntimeOptions options;
  std::string_view streams = variable("LEAN_SIMT_STREAMS");
  if (streams.starts_with("late")) {
    options.late_streams = true;
    streams.remove_prefix(4);
    if (streams.starts_with(":")) {
      options.stream_seed = number(streams.substr(1), "LEAN_SIMT_STREAMS");
      streams = {};
    }
  }
  if (!streams.empty() && streams != "now") {
    throw std::invalid_argument("LEAN_SIMT_STREAMS: write now, late or late:<seed>");
  }
  options.dry_run = flag("LEAN_SIMT_DRY_RUN");
  options.verbose = flag("LEAN_SIMT_VERBOSE");
  std::string_view copies = variable("LEAN_SIMT_COPIES");
  options.report_uninitialized_copies = copies == "report";
  if (!copies.empty() && copies != "report") {
    throw std::invalid_argument("LEAN_SIMT_COPIES: write report, or nothing");
  }
  std::string_view target = variable("LEAN_SIMT_TARGET");
  if (target.starts_with("sm_")) target.remove_prefix(3);
  if (!target.empty()) {
    options.target = static_cast<int>(number(target, "LEAN_SIMT_TARGET"));
    if (options.target < 50 || options.target > 90) {
      throw std::invalid_argument("LEAN_SIMT_TARGET: from sm_50 to sm_90");
    }
  }
  return options;
}

RuntimeOptions& runtime_options() {
  // A wrong environment ends the process: a check that is quietly off would look like a pass.
  static RuntimeOptions& options = *[] {
    try {
      return new RuntimeOptions(runtime_options_from_environment());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "simt: %s\n", error.what());
      std::exit(2);
    }
  }();
  return options;
}

}  // namespace lean::simt
