/** How many kernels a step of a real model is, and what it takes beside the state. */

import { runMain } from "../cli/run-main.js";
import { runChild } from "../support/child.js";
import { cudaCalls } from "../support/cuda-calls.js";

(cudaCalls ? test : test.skip).each([
  ["llama-60m", 128, 6],
  ["llama-350m", 256, 6],
  ["llama-1b", 512, 6],
  ["llama-7b", 1024, 14],
] as const)(
  "%s, rank %d: %d kernels, in a caller's graph too",
  async (name, rank, launches) => {
    const dry = { LEAN_SIMT_DRY_RUN: "1" };
    const { status, stdout, stderr } = runChild(
      "children/captured-model.ts",
      [name, String(rank)],
      [],
      dry,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ launches, kernels: launches });
    // Differences, and what a refresh of the largest weight takes.
    expect(found.workspaceBytes).toBeLessThan(2 ** 30);
    // What was said before there was any memory at all.
    const { out } = await runMain(
      ...["memory", "--model", name, "--rank", String(rank), "--device", "simt", "--json"],
    );
    expect(JSON.parse(out)).toMatchObject({
      allocated: { total: found.stateBytes },
      step: { device: "simt", launches, workspaceBytes: found.workspaceBytes },
    });
  },
  60_000,
);
