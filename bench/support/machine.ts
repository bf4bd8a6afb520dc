/** What a number was measured on. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { checkout } from "./paths.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly isa: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly version: string;
  /** The measured commit, "+" where the checkout differed from it. */
  readonly commit: string;
  readonly threads: number;
  /** Load averages of the last minute, before the run: what else the machine was doing. */
  readonly load: number;
}

function git(...parameters: string[]): string {
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    return execFileSync("git", parameters, { cwd: checkout(), encoding: "utf8", stdio }).trim();
  } catch {
    return "";
  }
}

function commit(): string {
  const head = git("rev-parse", "--short", "HEAD");
  if (head === "") return "none";
  // Results are what a run writes; they do not change what was measured.
  const changed = git("status", "--porcelain", "--", "lib", "csrc", "bench/**/*.ts", "bench/peers");
  return changed === "" ? head : `${head}+`;
}

export function describeMachine(isa: string, threads: number): Machine {
  const manifest = JSON.parse(readFileSync(join(checkout(), "package.json"), "utf8"));
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    isa,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split("-")[0]}`,
    node: process.version,
    version: manifest.version,
    commit: commit(),
    threads,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
