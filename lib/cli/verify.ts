/** `lean-optim verify`: kernels against their oracles, and recorded trajectories. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LeanError } from "../errors.js";
import { packageRoot } from "../package-root.js";
import { command, exitCode } from "./command.js";
import { requirePresent } from "./device.js";
import { type Check, goldenChecks, kernelChecks } from "./verify/plan.js";
import { Progress } from "./verify/progress.js";
import { asText, type CaseReport, type Report, reportOf, runCheck } from "./verify/report.js";

const usage = `Usage: lean-optim verify [options]

Runs every kernel against an independent float64 oracle, with bounds derived from the precision of
its types, and replays recorded trajectories of published optimizers. Exits with 1 if any is off.

  --golden <folder>   recorded trajectories          (test/golden of a checkout, else none)
  --device <name>     where the kernels run          (cpu)
  --filter <regexp>   only cases whose "file system variant" matches
  --json              print JSON
  --help              print this`;

function goldenFolder(given: string | undefined): string | undefined {
  if (given !== undefined) return given;
  const own = join(packageRoot(), "test", "golden");
  return existsSync(own) ? own : undefined;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `--filter: ${(cause as Error).message}`, { cause });
  }
}

function planned(device: string, folder: string | undefined, filter: string): Check[] {
  const golden = folder === undefined ? [] : goldenChecks(folder, device);
  const matches = pattern(filter);
  const chosen = [...kernelChecks(device), ...golden].filter(({ file, system, variant }) =>
    matches.test(`${file} ${system} ${variant}`),
  );
  if (chosen.length > 0) return chosen;
  throw new LeanError("ERR_LEAN_INVALID_ARG", `no case matches ${filter}`, {
    parameter: "--filter",
    value: filter,
  });
}

function carryOut(checks: readonly Check[]): Report {
  const progress = new Progress(checks.length);
  const cases: CaseReport[] = [];
  for (const check of checks) {
    cases.push(runCheck(check));
    progress.advance(`${check.file} ${check.variant}`);
  }
  progress.finish();
  return reportOf(cases);
}

export const verifyCommand = command({
  usage,
  flags: {
    golden: { type: "string" },
    device: { type: "string", default: "cpu" },
    filter: { type: "string", default: "" },
    json: { type: "boolean" },
  },
  run({ golden, device, filter, json }) {
    const { kind } = requirePresent(device);
    const report = carryOut(planned(device, goldenFolder(golden), filter));
    if (json) {
      console.log(JSON.stringify(report, null, 2));
    } else {
      console.log(`device ${device}: ${kind}\n\n${asText(report)}`);
    }
    return report.failed > 0 ? exitCode.failed : exitCode.ok;
  },
});
