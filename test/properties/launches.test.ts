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

// Matrices take turns in the workspace: each group has launches of its own, of thousands of tiles.
(cudaCalls ? test : test.skip).each([
  ["llama-60m", 23],
  ["llama-1b", 239],
  ["llama-7b", 1431],
] as const)(
  "%s with muon: %d kernels",
  async (name, launches) => {
    const { out } = await runMain(
      ...["memory", "--model", name, "--optimizer", "muon", "--device", "simt", "--json"],
    );
    const { step } = JSON.parse(out);
    expect(step).toMatchObject({ launches });
    expect(step.workspaceBytes).toBeLessThan(2 ** 30);
  },
  60_000,
);
