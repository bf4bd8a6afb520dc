import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

export interface ChildResult {
  /** 0, or what the process died of. */
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a TypeScript file of this folder, such as "children/fuzz.ts", in a process of its own. */
export function runChild(
  file: string,
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): ChildResult {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeOptions, "-r", "./scripts/ts.cjs", join(__dirname, file), ...args],
    { cwd: root, encoding: "utf8", timeout: 60_000, env: { ...process.env, ...variables } },
  );
  return { status: signal ?? status, stdout, stderr };
}
