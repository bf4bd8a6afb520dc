/** What an AdamSNSM step needs beyond weight, gradient and state, seen in a process of its own. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { benchFolder, checkout } from "../support/paths.js";
import { type Fact, fact } from "../support/result.js";
import type { PeakMemory, PeakMemoryRequest } from "./peak-memory.child.js";

const ROWS = 4096;
const COLUMNS = 4096;
const RANK = 512;

function measure(request: PeakMemoryRequest): PeakMemory {
  const child = join(benchFolder(), "program", "peak-memory.child.ts");
  const parameters = [...process.execArgv, "--expose-gc", child, JSON.stringify(request)];
  const options = { cwd: checkout(), encoding: "utf8" } as const;
  return JSON.parse(execFileSync(process.execPath, parameters, options));
}

export async function facts(suite: string, threads: number): Promise<Fact[]> {
  if (process.platform !== "linux") return [];
  const mebibytes = (bytes: number) => bytes / 2 ** 20;
  const { state, peak, touched } = measure({ rows: ROWS, columns: COLUMNS, rank: RANK, threads });
  const name = `AdamSNSM ${ROWS}x${COLUMNS} float32, rank ${RANK}`;
  return [
    fact({
      suite,
      name: `${name}: memory a step touches beyond weight, gradient and state`,
      value: mebibytes(touched),
      unit: "MiB",
      atMost: mebibytes(4 * ROWS * RANK),
      note: "the goal is the size of one projected gradient",
    }),
    fact({
      suite,
      name: `${name}: peak beyond state, refreshes included`,
      value: mebibytes(peak - state),
      unit: "MiB",
      atMost: mebibytes(4 * ROWS * COLUMNS),
      note: "the goal is less than one temporary of the weight's size",
    }),
    fact({ suite, name: `${name}: state`, value: mebibytes(state), unit: "MiB" }),
  ];
}
