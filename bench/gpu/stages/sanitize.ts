/** Kernels on small shapes under compute-sanitizer; in a rehearsal under the interpreter's own checks. */

import { spawnSync } from "node:child_process";
import { commandLine, type Ended, runChild, tail } from "../child.js";
import type { Job, Stage, Surroundings } from "../stage.js";
import { type Group, kernelGroups } from "./verify.js";

const tools = ["memcheck", "racecheck"] as const;
type Tool = (typeof tools)[number];

/** What the tool ends with when it has found something. */
const foundSomething = 86;

const kitSanitizer = () => process.env.LEAN_COMPUTE_SANITIZER ?? "compute-sanitizer";

function sanitized(tool: Tool, group: Group, device: string, seconds: number): Ended {
  const program = commandLine("verify", "--json", "--device", device, "--filter", group.filter);
  const options = ["--tool", tool, "--error-exitcode", String(foundSomething)];
  return runChild(kitSanitizer(), [...options, process.execPath, ...program], seconds);
}

/** The interpreter checks every access anyway; races when told to. */
function interpreted(tool: Tool, group: Group, device: string, seconds: number): Ended {
  const program = commandLine("verify", "--json", "--device", device, "--filter", group.filter);
  const env = tool === "racecheck" ? { LEAN_SIMT_RACES: "1" } : {};
  return runChild(process.execPath, program, seconds, env);
}

function sanitizeJob(tool: Tool, group: Group, { device, isRehearsal }: Surroundings): Job {
  return {
    key: `${tool}: ${group.key}`,
    run(secondsLeft) {
      const run = isRehearsal ? interpreted : sanitized;
      const { status, stdout, stderr, seconds } = run(tool, group, device, secondsLeft);
      // The tool reports among the program's own output.
      const said = `${stdout}\n${stderr}`;
      const summaries = said.match(/^=+ .*SUMMARY.*$/gm) ?? [];
      const isClean = status === 0;
      return {
        summary: summaries.map((line) => line.replace(/^=+ /, "")),
        seconds,
        ...(!isClean && { error: `exit status ${status}`, report: tail(reportOf(said), 8000) }),
      };
    },
  };
}

/** The tool's own lines, if it said anything. */
function reportOf(said: string): string {
  const lines = said.split("\n").filter((line) => line.startsWith("========="));
  return lines.length > 0 ? lines.join("\n") : said;
}

export const sanitize: Stage = {
  name: "sanitize",
  async open(surroundings) {
    if (!surroundings.isRehearsal) {
      const { status } = spawnSync(kitSanitizer(), ["--version"], { stdio: "ignore" });
      if (status !== 0) return `${kitSanitizer()} does not run here (LEAN_COMPUTE_SANITIZER)`;
    }
    const groups = kernelGroups(surroundings);
    return {
      jobs: tools.flatMap((tool) => groups.map((group) => sanitizeJob(tool, group, surroundings))),
    };
  },
};
