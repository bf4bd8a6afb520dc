import { runChild } from "../support/child.js";

test("a step with nothing to bind leaves nothing behind on the heap", () => {
  // Nothing is collected in between: what is left is what was allocated.
  const flags = ["--expose-gc", "--max-semi-space-size=64", "--min-semi-space-size=64"];
  const { status, stdout, stderr } = runChild("children/allocation.ts", [], flags);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { bytesPerStep } = JSON.parse(stdout);
  // The least object is 16 bytes, so there is none for each of the 300 tensors.
  expect(bytesPerStep).toBeLessThan(300);
}, 60_000);
