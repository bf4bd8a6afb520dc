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
    // Node itself is not built with it, so the runtime has to be there before everything else. V8
    // leaks by design.
    LD_PRELOAD: output(compiler, ["-print-file-name=libasan.so"]),
    ASAN_OPTIONS: "detect_leaks=0",
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
  const tests = args.length > 0 ? args : ["test/kernels", "test/recipes"];
  return run(tool("jest"), ["--runInBand", ...tests], { env });
});
