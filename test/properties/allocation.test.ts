import { backends } from "../support/backends.js";
import { runChild } from "../support/child.js";

test.each(backends())(
  "a step with nothing to bind leaves nothing behind on the heap: %s",
  (device) => {
    // Nothing is collected in between: what is left is what was allocated.
    const flags = ["--expose-gc", "--max-semi-space-size=64", "--min-semi-space-size=64"];
    // On the interpreter without the kernels' work.
    const dry = { LEAN_SIMT_DRY_RUN: "1" };
    const { status, stdout, stderr } = runChild("children/allocation.ts", [device], flags, dry);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { bytesPerStep } = JSON.parse(stdout);
    // The least object is 16 bytes, so there is none for each of the 300 tensors.
    expect(bytesPerStep).toBeLessThan(300);
  },
  60_000,
);
