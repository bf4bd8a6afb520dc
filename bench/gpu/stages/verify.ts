/** Every kernel against its oracle and every recorded trajectory, each group in a process of its own. */

import { join } from "node:path";
import { goldenChecks } from "../../../lib/cli/verify/plan.js";
import type { Report } from "../../../lib/cli/verify/report.js";
import { kernelNames } from "../../../lib/native.js";
import { packageRoot } from "../../../lib/package-root.js";
import { commandLine, runChild, tail } from "../child.js";
import type { Job, Stage, Surroundings } from "../stage.js";

/** A fault stops a device for the process that it is in: it should fail its own group alone. */
export interface Group {
  readonly key: string;
  /** Of `lean-optim verify`. */
  readonly filter: string;
}

export function kernelGroups({ isRehearsal }: Pick<Surroundings, "isRehearsal">): Group[] {
  const chosen = isRehearsal ? (["prologue", "gradientNorm"] as const) : kernelNames;
  return chosen.map((kernel) => ({ key: kernel, filter: `^${kernel} kernel ` }));
}

function goldenGroups({ device, isRehearsal }: Surroundings): Group[] {
  const checks = goldenChecks(join(packageRoot(), "test", "golden"), device);
  if (isRehearsal) return [{ key: "adam_vector", filter: "^adam_vector\\.safetensors " }];
  const systems = new Set(checks.map(({ system }) => system));
  return [...systems].map((system) => ({
    key: `trajectories: ${system}`,
    filter: `^\\S+\\.safetensors ${system.replace(/[^\w ]/g, "\\$&")} `,
  }));
}

/** Together they match every case there is, and each once. */
export function allGroups(surroundings: Surroundings): Group[] {
  return [...kernelGroups(surroundings), ...goldenGroups(surroundings)];
}

function verifyJob({ key, filter }: Group, device: string): Job {
  return {
    key,
    run(seconds) {
      const args = commandLine("verify", "--json", "--device", device, "--filter", filter);
      const { stdout, stderr, status, seconds: took } = runChild(process.execPath, args, seconds);
      if (status !== 0 && status !== 1) throw new Error(`exit status ${status}: ${tail(stderr)}`);
      const { cases, passed, failed, skipped } = JSON.parse(stdout) as Report;
      const shares = cases
        .filter(({ error, tolerance }) => error !== null && tolerance)
        .map(({ error, tolerance }) => (error as number) / (tolerance as number));
      const bad = cases.filter((one) => one.status === "failed");
      const reasons = cases.filter((one) => one.status === "skipped").map(({ reason }) => reason);
      return {
        passed,
        failed,
        skipped,
        /** The largest error, of what is allowed. */
        worst: shares.length === 0 ? null : Math.max(...shares),
        ...(reasons.length > 0 && { skippedFor: [...new Set(reasons)] }),
        seconds: took,
        ...(bad.length > 0 && { failures: bad, error: `${bad.length} of ${cases.length} cases` }),
      };
    },
  };
}

export const verify: Stage = {
  name: "verify",
  async open(surroundings) {
    return { jobs: allGroups(surroundings).map((group) => verifyJob(group, surroundings.device)) };
  },
};
