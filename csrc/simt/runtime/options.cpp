#include "simt/runtime/options.h"

#include "simt/machine/environment.h"

namespace lean::simt {
namespace {

// now, late or late:<seed>
void read_streams(RuntimeOptions& options) {
  constexpr char kName[] = "LEAN_SIMT_STREAMS";
  constexpr std::string_view kSeeded = "late:";
  const std::string_view streams = environment(kName);
  if (streams.empty() || streams == "now") return;
  options.late_streams = true;
  if (streams == "late") return;
  if (!streams.starts_with(kSeeded)) refuse_environment(kName, "now, late or late:<seed>");
  options.stream_seed = number_in(streams.substr(kSeeded.size()), kName);
}

void read_target(RuntimeOptions& options) {
  constexpr char kName[] = "LEAN_SIMT_TARGET";
  std::string_view target = environment(kName);
  if (target.empty()) return;
  if (target.starts_with("sm_")) target.remove_prefix(3);
  const uint64_t number = number_in(target, kName);
  if (number < 50 || number > 90) refuse_environment(kName, "sm_50 to sm_90");
  options.target = static_cast<int>(number);
}

void read_device(RuntimeOptions& options) {
  constexpr char kName[] = "LEAN_SIMT_DEVICE";
  using Device = RuntimeOptions::Device;
  const std::string_view device = environment(kName);
  if (device.empty() || device == "present") return;
  if (device != "none" && device != "old-driver") {
    refuse_environment(kName, "present, none or old-driver");
  }
  options.device = device == "none" ? Device::none : Device::old_driver;
}

}  // namespace

RuntimeOptions runtime_options_from_environment() {
  require_known_environment();
  RuntimeOptions options;
  read_streams(options);
  read_target(options);
  read_device(options);
  options.dry_run = environment_flag("LEAN_SIMT_DRY_RUN", options.dry_run);
  options.verbose = environment_flag("LEAN_SIMT_VERBOSE", options.verbose);
  const std::string_view copies = environment("LEAN_SIMT_COPIES");
  if (!copies.empty() && copies != "report") {
    refuse_environment("LEAN_SIMT_COPIES", "report, or nothing");
  }
  options.report_uninitialized_copies = !copies.empty();
  return options;
}

RuntimeOptions& runtime_options() {
  // Never destroyed: kernels are unregistered after static destructors have run.
  static RuntimeOptions& options =
      *new RuntimeOptions(read_or_exit(runtime_options_from_environment));
  return options;
}

}  // namespace lean::simt
