/** A kernel's cases as tests: against the oracle on every device, and on any number of threads. */
import { afterEach, expect, test } from "@jest/globals";
import type { KernelCase } from "../../lib/cli/verify/kernel-case.js";
import { setThreads } from "../../lib/native.js";
import { backends, hasKernel } from "../support/backends.js";

export function testKernel(cases: readonly KernelCase[]): void {
  afterEach(() => setThreads(0));

  const runs = cases.flatMap((each) =>
    backends()
      .filter((device) => hasKernel(device, each.kernel))
      .map((device) => ({ ...each, device })),
  );
  test.each(runs)("$name, on $device", ({ run, device }) => {
    const { error, tolerance, detail } = run(device);
    expect(error <= tolerance ? "" : detail).toBe("");
  });

  test.each(cases)("$name: the same bits on 1, 2 and 3 threads", ({ outputs }) => {
    const settings = [1, 2, 3].map((threads) => () => setThreads(threads));
    const [one, ...more] = outputs("cpu", settings);
    expect(one.length).toBeGreaterThan(0);
    for (const other of more) {
      const different = other.filter((bytes, i) => !bytes.equals(one[i]));
      expect([other.length, different.length]).toEqual([one.length, 0]);
    }
  });
}
