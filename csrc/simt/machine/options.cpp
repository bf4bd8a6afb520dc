#include <cstdlib>
#include <string>

#include "simt/checks/fault.h"
#include "simt/machine/launch.h"

namespace lean::simt {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

uint64_t number(const char* name, uint64_t otherwise) {
  const std::string text = variable(name);
  return text.empty() ? otherwise : std::strtoull(text.c_str(), nullptr, 10);
}

Options from_environment() {
  Options options;
  const std::string order = variable("LEAN_SIMT_ORDER");
  if (order == "reverse") {
    options.order = Options::Order::reverse;
  } else if (order == "random") {
    options.order = Options::Order::random;
  } else if (!order.empty() && order != "forward") {
    throw Fault(FaultKind::unsupported, "LEAN_SIMT_ORDER is forward, reverse or random");
  }
  options.seed = number("LEAN_SIMT_SEED", options.seed);
  options.threads = static_cast<uint32_t>(number("LEAN_SIMT_THREADS", options.threads));
  options.races = number("LEAN_SIMT_RACES", 0) != 0;
  options.count = number("LEAN_SIMT_COUNT", 0) != 0;
  options.initialization = number("LEAN_SIMT_INITIALIZATION", 1) != 0;
  options.stop_at_once = number("LEAN_SIMT_STOP", 0) != 0;
  options.patience = number("LEAN_SIMT_PATIENCE", options.patience);
  return options;
}

}  // namespace

Options& options() {
  static Options all = from_environment();
  return all;
}

}  // namespace lean::simt
