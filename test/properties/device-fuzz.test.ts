import { runChild } from "../support/child.js";
import { cudaCalls } from "../support/cuda-calls.js";

(cudaCalls ? test : test.skip).each([1, 2, 3])(
  "no pointer, stream or event brings the process down or spoils the device: seed %d",
  (seed) => {
    const { status, stdout, stderr } = runChild(
      "children/device-fuzz.ts",
      [String(seed), "300"],
      ["--no-warnings"],
    );
    // A fault of a kernel would be reported there.
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const outcomes: Record<string, number> = JSON.parse(stdout);
    expect(Object.keys(outcomes).filter((name) => /unknown/.test(name))).toEqual([]);
    expect(outcomes["device is as before"]).toBe(1);
    for (const call of ["new", "step", "step with gradients", "waitEvent", "recordEvent"]) {
      expect([call, (outcomes[`${call} done`] ?? 0) > 20]).toEqual([call, true]);
    }
    for (const call of ["new", "step with gradients", "waitEvent", "recordEvent"]) {
      expect([call, (outcomes[`${call} refused`] ?? 0) > 10]).toEqual([call, true]);
    }
  },
  60_000,
);
