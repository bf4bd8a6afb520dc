"use strict";

/**
 * The last line of `npm test`: "N passed, N failed", with ", N skipped" where some were. A test
 * file that does not run at all counts as one failure, and so does each check that failed before
 * the tests (LEAN_OPTIM_FAILED_CHECKS: their names).
 */
class SummaryReporter {
  onRunComplete(_contexts, results) {
    const checks = (process.env.LEAN_OPTIM_FAILED_CHECKS ?? "").split(",").filter(Boolean);
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + checks.length;
    const skipped = results.numPendingTests + results.numTodoTests;
    const counts = [`${results.numPassedTests} passed`, `${failed} failed`];
    if (skipped > 0) counts.push(`${skipped} skipped`);
    process.once("exit", () => {
      if (checks.length > 0) console.log(`failed before the tests: ${checks.join(", ")}`);
      console.log(counts.join(", "));
    });
  }
}

module.exports = SummaryReporter;
