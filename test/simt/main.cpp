// The tests of the interpreter: doctest's options work, and each case starts with a fresh device.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cuda_runtime_api.h>
#include <doctest/doctest.h>

#include "simt/machine/launch.h"
#include "simt/runtime/options.h"
#include "simt/runtime/report.h"

namespace {

// Cases expect many of the faults they see: reports are kept, not printed, and shown with what
// fails.
class FreshDevice : public doctest::IReporter {
 public:
  explicit FreshDevice(const doctest::ContextOptions&) {}

  void test_case_start(const doctest::TestCaseData&) override { start(); }
  void test_case_reenter(const doctest::TestCaseData&) override { start(); }  // the next subcase

  void start() {
    lean::simt::options() = before().machine;
    lean::simt::runtime_options() = before().runtime;
    lean::simt::set_fault_handler([](const std::string&) {});
    cudaDeviceReset();
  }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override { before(); }
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  struct Options {
    lean::simt::Options machine = lean::simt::options();
    lean::simt::RuntimeOptions runtime = lean::simt::runtime_options();
  };

  // As the environment says.
  static const Options& before() {
    static const Options options;
    return options;
  }
};

REGISTER_LISTENER("fresh-device", 1, FreshDevice);

}  // namespace

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  return context.run();
}
