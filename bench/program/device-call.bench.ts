/**
 * What the host spends on starting a step on a CUDA device: JavaScript, N-API, and the CUDA runtime's
 * calls, of which the interpreter stands in for the runtime and, in a dry run, does no kernel's work.
 * What a driver takes to launch a graph comes on top.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { benchFolder, checkout } from "../support/paths.js";
import { type Fact, fact } from "../support/result.js";
import type { DeviceCall } from "./device-call.child.js";

function measure(): DeviceCall {
  const child = join(benchFolder(), "program", "device-call.child.ts");
  return JSON.parse(
    execFileSync(process.execPath, [...process.execArgv, child], {
      cwd: checkout(),
      encoding: "utf8",
      env: { ...process.env, LEAN_SIMT_DRY_RUN: "1" },
    }),
  );
}

export async function facts(suite: string): Promise<Fact[]> {
  if (!existsSync(join(checkout(), "build", "simt.node"))) return [];
  const { tensors, launches, microseconds, heapBytes, movedHeapBytes } = measure();
  const note =
    "the interpreter in a dry run stands in for the CUDA runtime: launches are checked, not done";
  const times = [
    ["nothing new", microseconds.same],
    ["a new learning rate", microseconds.rate],
    ["all gradients moved, by a list", microseconds.listed],
    ["all gradients moved, by an array of addresses", microseconds.moved],
  ] as const;
  return [
    ...times.map(([what, value]) =>
      fact({
        suite,
        name: `host's part of a step of ${launches} kernels, ${tensors} tensors, ${what}`,
        value,
        unit: "µs",
        ...(value !== microseconds.listed && { atMost: 25 }),
        note,
      }),
    ),
    ...(
      [
        ["", heapBytes],
        [", all gradients moved by an array of addresses", movedHeapBytes],
      ] as const
    ).map(([what, value]) =>
      fact({
        suite,
        name: `JavaScript heap left by a step on a device, ${tensors} tensors${what}`,
        value: Math.max(0, value),
        unit: "bytes",
        // memoryUsage() itself leaves an object in each window of 1000 steps.
        atMost: 1,
        note: "median of 11 windows of 1000 steps",
      }),
    ),
  ];
}
