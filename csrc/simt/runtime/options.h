// How the runtime runs, beside the machine's own options. Read from the environment at first use,
// and may be changed between calls.
#pragma once

#include <cstdint>
#include <string>

namespace lean::simt {

struct RuntimeOptions {
  // LEAN_SIMT_STREAMS=late[:<seed>]: work waits in its stream until something synchronizes, and
  // then runs in any order that streams and events allow. Seed 0: the latest first, and only what
  // is waited for; the order that shows a missing dependency most surely. Else at random.
  bool late_streams = false;
  uint64_t stream_seed = 0;

  // LEAN_SIMT_DRY_RUN=1: cudaMalloc gives addresses without memory; copies and launches are checked
  // and recorded (launch_records()), not done.
  bool dry_run = false;

  // LEAN_SIMT_COPIES=report: bytes that nothing has written are reported when they are copied to
  // the host.
  bool report_uninitialized_copies = false;

  // LEAN_SIMT_TARGET=sm_80: the newest architecture that is taken from a binary, for running the
  // code that an older device would get. The device's attributes follow.
  int target = 90;

  // LEAN_SIMT_DEVICE=none or old-driver: what a machine without a GPU says, or one whose driver is
  // older than the runtime.
  enum class Device { present, none, old_driver } device = Device::present;

  // LEAN_SIMT_VERBOSE=1: says on stderr why a call failed.
  bool verbose = false;
};

RuntimeOptions& runtime_options();

// Throws std::invalid_argument with a sentence for what it does not understand.
RuntimeOptions runtime_options_from_environment();

}  // namespace lean::simt
