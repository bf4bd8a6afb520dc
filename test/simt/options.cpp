// The environment is read strictly: an option that is misspelt must not look like a pass.
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "simt/machine/environment.h"
#include "support.h"

using namespace lean::simt;

namespace {

// A variable while it is in scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~Variable() { before_.empty() ? unsetenv(name_) : setenv(name_, before_.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

}  // namespace

TEST_CASE("options: what the environment says") {
  Variable order("LEAN_SIMT_ORDER", "random"), seed("LEAN_SIMT_SEED", "7");
  Variable threads("LEAN_SIMT_THREADS", "2"), races("LEAN_SIMT_RACES", "1");
  Variable initialization("LEAN_SIMT_INITIALIZATION", "0");
  const Options machine = options_from_environment();
  CHECK(machine.order == Options::Order::random);
  CHECK(machine.seed == 7);
  CHECK(machine.threads == 2);
  CHECK(machine.races);
  CHECK_FALSE(machine.count);
  CHECK_FALSE(machine.initialization);

  Variable streams("LEAN_SIMT_STREAMS", "late:3"), target("LEAN_SIMT_TARGET", "sm_80");
  const RuntimeOptions runtime = runtime_options_from_environment();
  CHECK(runtime.late_streams);
  CHECK(runtime.stream_seed == 3);
  CHECK(runtime.target == 80);
  CHECK(runtime.device == RuntimeOptions::Device::present);

  Variable device("LEAN_SIMT_DEVICE", "old-driver");
  CHECK(runtime_options_from_environment().device == RuntimeOptions::Device::old_driver);
}

TEST_CASE("options: what they are not is refused") {
  for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{
           {"LEAN_SIMT_ORDER", "sideways"},
           {"LEAN_SIMT_SEED", "-1"},
           {"LEAN_SIMT_THREADS", "many"},
           {"LEAN_SIMT_THREADS", "4294967297"},
           {"LEAN_SIMT_RACES", "yes"},
           {"LEAN_SIMT_COUNT", "true"},
           {"LEAN_SIMT_INITIALIZATION", "no"},
           {"LEAN_SIMT_STOP", "2"},
           {"LEAN_SIMT_RACE", "1"}}) {
    CAPTURE(name);
    Variable variable(name, value);
    CHECK_THROWS_WITH_AS(options_from_environment(), doctest::Contains(name), std::invalid_argument);
  }
  for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{
           {"LEAN_SIMT_STREAMS", "soon"},
           {"LEAN_SIMT_STREAMS", "late:x"},
           {"LEAN_SIMT_TARGET", "sm_100"},
           {"LEAN_SIMT_DEVICE", "absent"},
           {"LEAN_SIMT_COPIES", "yes"},
           {"LEAN_SIMT_DRY_RUN", "yes"},
           {"LEAN_SIMT_STREAM", "late"}}) {
    CAPTURE(name);
    Variable variable(name, value);
    CHECK_THROWS_WITH_AS(runtime_options_from_environment(), doctest::Contains(name),
                         std::invalid_argument);
  }
}
