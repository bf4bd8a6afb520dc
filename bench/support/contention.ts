/** How long threads stood in line for a processor, from /proc (Linux): what other programs cost us. */

import { readdirSync, readFileSync } from "node:fs";

function waitedNs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const [, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
      sum += Number(waited);
    } catch {
      // The thread ended since the folder was read.
    }
  }
  return sum;
}

/** Milliseconds that all threads of these processes have waited so far; undefined: cannot be told. */
export function waitedMs(pids: readonly number[]): (() => number) | undefined {
  const sum = () => pids.reduce((ns, pid) => ns + waitedNs(pid), 0) / 1e6;
  try {
    return Number.isFinite(sum()) ? sum : undefined;
  } catch {
    return undefined;
  }
}
