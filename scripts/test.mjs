// `npm test`, in a fresh clone too: gets the checkout ready, lints, compiles and runs the tests.
// Arguments go to jest. The last line is "N passed, N failed" (scripts/summary-reporter.cjs).
import { findChromium, setup } from "./setup.mjs";
import { heading, run, script, tool } from "./support.mjs";

const failedChecks = [process.env.LEAN_OPTIM_FAILED_CHECKS].filter(Boolean);

function test(args) {
  setup({ browser: true });
  for (const [check, ...flags] of [["lint"], ["build-ts"], ["api-docs", "--check"]]) {
    if (run(process.execPath, [`scripts/${check}.mjs`, ...flags]) !== 0) failedChecks.push(check);
  }
  heading("jest");
  const env = {
    LEAN_OPTIM_CHROMIUM: findChromium(),
    LEAN_OPTIM_FAILED_CHECKS: failedChecks.join(","),
  };
  const status = run(tool("jest"), args, { env });
  return failedChecks.length > 0 ? 1 : status;
}

script((args) => {
  try {
    return test(args);
  } catch (error) {
    // Not even jest ran. Whoever reads only the last line should not take silence for success.
    process.once("exit", () => console.log(`0 passed, ${failedChecks.length + 1} failed`));
    throw error;
  }
});
