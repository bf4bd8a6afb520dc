#include "simt/machine/environment.h"
#include "simt/machine/launch.h"

namespace lean::simt {
namespace {

constexpr uint64_t kMostThreads = 1024;

Options::Order order_from_environment() {
  using Order = Options::Order;
  const std::string_view order = environment("LEAN_SIMT_ORDER");
  if (order.empty() || order == "forward") return Order::forward;
  if (order == "reverse") return Order::reverse;
  if (order == "random") return Order::random;
  refuse_environment("LEAN_SIMT_ORDER", "forward, reverse or random");
}

}  // namespace

Options options_from_environment() {
  require_known_environment();
  Options options;
  options.order = order_from_environment();
  options.seed = environment_number("LEAN_SIMT_SEED", options.seed);
  const uint64_t threads = environment_number("LEAN_SIMT_THREADS", options.threads);
  if (threads > kMostThreads) refuse_environment("LEAN_SIMT_THREADS", "at most 1024");
  options.threads = static_cast<uint32_t>(threads);
  options.races = environment_flag("LEAN_SIMT_RACES", options.races);
  options.count = environment_flag("LEAN_SIMT_COUNT", options.count);
  options.initialization = environment_flag("LEAN_SIMT_INITIALIZATION", options.initialization);
  options.stop_at_once = environment_flag("LEAN_SIMT_STOP", options.stop_at_once);
  options.patience = environment_number("LEAN_SIMT_PATIENCE", options.patience);
  return options;
}

Options& options() {
  static Options all = read_or_exit(options_from_environment);
  return all;
}

}  // namespace lean::simt
