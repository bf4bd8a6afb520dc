// `npm run test:sanitize`: the tests that enter native code, against an addon built with
// AddressSanitizer and UndefinedBehaviorSanitizer. Arguments go to jest, in place of the usual
// folders.
import { setup } from "./setup.mjs";
import { heading, mustRun, output, root, run, script, tool } from "./support.mjs";

script((args) => {
  setup();
  heading("Building with sanitizers");
  mustRun(process.execPath, ["scripts/build-native.cjs", "--sanitize"]);
  heading("jest");
  const compiler = process.env.CXX || "c++";
  const env = {
    LEAN_OPTIM_BINARY: `${root}build/Sanitize/lean_optim.node`,
    // The interpreter is not instrumented, and has checks of its own.
    LEAN_OPTIM_SIMT_BINARY: "none",
    // Node itself is not built with it, so the runtime has to be there before everything else. V8
    // leaks by design. Tests ask for more memory than there is, and whether what was freed is gone: the
    // sanitizer keeps some of that.
    LD_PRELOAD: output(compiler, ["-print-file-name=libasan.so"]),
    ASAN_OPTIONS: "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=64",
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
  const tests =
    args.length > 0
      ? args
      : ["test/kernels", "test/recipes", "test/properties", "test/native.test.ts"];
  return run(tool("jest"), [...tests], { env });
});
