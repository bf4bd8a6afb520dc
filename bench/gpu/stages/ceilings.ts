/** What the machine can do at most: bench/gpu/ceilings.cu, one row for each thing it measures. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../lib/package-root.js";
import { runChild, tail } from "../child.js";
import { readStage, type Stage } from "../stage.js";

const program = () => process.env.LEAN_CEILINGS ?? join(packageRoot(), "ceilings");

export const ceilings: Stage = {
  name: "ceilings",
  async open({ isRehearsal }) {
    if (isRehearsal) return "an interpreter has no ceilings";
    if (!existsSync(program())) return `${program()} is missing: npm run gpu-kit compiles it`;
    const { stdout } = spawnSync(program(), ["list"], { encoding: "utf8" });
    const jobs = stdout
      .trim()
      .split("\n")
      .map((key) => ({
        key,
        run(seconds: number) {
          const { status, stdout, stderr } = runChild(program(), [key], seconds);
          if (status !== 0) throw new Error(tail(stderr) || `exit status ${status}`);
          return JSON.parse(stdout) as object;
        },
      }));
    return { jobs };
  },
};

/** The rates that floors are made of, as an earlier stage measured them. */
export interface Rates {
  readonly copyGBs: number;
  /** TFLOP/s: products of bfloat16 by mma.sync, and float32 outside the tensor cores. */
  readonly mmaTflops: number;
  readonly floatTflops: number;
}

export function measuredRates(out: string): Rates | null {
  const rows = readStage(out, "ceilings")?.rows ?? [];
  const rate = (key: string) => {
    const value = rows.find((row) => row.key === key)?.rate;
    return typeof value === "number" ? value : undefined;
  };
  const [copyGBs, mmaTflops, floatTflops] = [rate("copy"), rate("mma.sync"), rate("float32")];
  if (copyGBs === undefined || mmaTflops === undefined || floatTflops === undefined) return null;
  return { copyGBs, mmaTflops, floatTflops };
}
