/** A kernel's cases as tests: against the oracle, and on any number of threads. */
import { afterEach, expect, test } from "@jest/globals";
import type { KernelCase } from "../../lib/cli/verify/kernel-case.js";
import { setThreads } from "../../lib/native.js";

const device = "cpu";

export function testKernel(cases: readonly KernelCase[]): void {
  afterEach(() => setThreads(0));

  test.each(cases)("$name", ({ run }) => {
    const { error, tolerance, detail } = run(device);
    expect(error <= tolerance ? "" : detail).toBe("");
  });

  test.each(cases)("$name: the same bits on 1, 2 and 3 threads", ({ outputs }) => {
    const settings = [1, 2, 3].map((threads) => () => setThreads(threads));
    const [one, ...more] = outputs(device, settings);
    expect(one.length).toBeGreaterThan(0);
    for (const other of more) {
      const different = other.filter((bytes, i) => !bytes.equals(one[i]));
      expect([other.length, different.length]).toEqual([one.length, 0]);
    }
  });
}
