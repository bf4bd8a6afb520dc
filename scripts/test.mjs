// `npm test`, in a fresh clone too: gets the checkout ready, lints, and runs the tests. Arguments
// go to jest. The last line is "N passed, N failed" (scripts/summary-reporter.cjs).
import { findChromium, setup } from "./setup.mjs";
import { heading, run, script, tool } from "./support.mjs";

script((args) => {
  setup({ browser: true });
  const failedChecks = [process.env.LEAN_OPTIM_FAILED_CHECKS].filter(Boolean);
  if (run(process.execPath, ["scripts/lint.mjs"]) !== 0) failedChecks.push("lint");
  heading("jest");
  const status = run(tool("jest"), args, {
    LEAN_OPTIM_CHROMIUM: findChromium(),
    LEAN_OPTIM_FAILED_CHECKS: failedChecks.join(","),
  });
  return failedChecks.length > 0 ? 1 : status;
});
