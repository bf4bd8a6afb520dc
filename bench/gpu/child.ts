/** Other processes: the command line of this package, and tools of CUDA's. */

import { spawnSync } from "node:child_process";
import { extname, join } from "node:path";
import { packageRoot } from "../../lib/package-root.js";
import { OutOfTime } from "./stage.js";

/** Longer than any row takes that is well. */
const patienceSeconds = 150;
const mostOutput = 2 ** 28;

/** The arguments of Node that run lean-optim's command line, from sources and compiled alike. */
export function commandLine(...args: string[]): string[] {
  const suffix = extname(__filename);
  const hook = suffix === ".ts" ? ["-r", join(packageRoot(), "scripts", "ts.cjs")] : [];
  return [...hook, join(__dirname, `cli${suffix}`), ...args];
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/**
 * Runs a program to its end.
 *
 * @throws OutOfTime where the budget ends it; Error where its own patience does, or it is missing
 */
export function runChild(
  command: string,
  args: readonly string[],
  secondsLeft: number,
  env: NodeJS.ProcessEnv = {},
): Ended {
  const start = Date.now();
  const timeout = 1000 * Math.min(secondsLeft, patienceSeconds);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: packageRoot(),
    encoding: "utf8",
    env: { ...process.env, ...env },
    killSignal: "SIGKILL",
    maxBuffer: mostOutput,
    timeout,
  });
  const seconds = (Date.now() - start) / 1000;
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT") {
    if (secondsLeft < patienceSeconds) throw new OutOfTime(command);
    throw new Error(`${command} ${args.join(" ")} was ended after ${patienceSeconds} s`);
  }
  if (error !== undefined) throw error;
  return { status, stdout, stderr, seconds };
}

/** The end of a long text. */
export function tail(text: string, characters = 2000): string {
  return text.length <= characters ? text : `…${text.slice(-characters)}`;
}
