import { expect, test } from "@jest/globals";
import { isTensor, type TestItem } from "../../lib/cli/verify/kernel-case.js";
import { alike, cases, neighbours } from "../../lib/cli/verify/kernels/ldadam-step.js";
import { bytesOf } from "../../lib/cli/verify/worst.js";
import { takeCounters } from "../../lib/native.js";
import { runKernel } from "../../lib/run-kernel.js";
import { describeOnCuda } from "../support/backends.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);

describeOnCuda("weights of a group on %s", (device) => {
  const run = (items: readonly TestItem[]) =>
    runKernel(
      device,
      "ldadamStep",
      items.map(({ fields }) => fields),
    );
  const bits = ({ fields }: TestItem) =>
    Object.entries(fields).flatMap(([name, field]) =>
      isTensor(field) ? [`${name} ${bytesOf(field.data).toString("base64")}`] : [],
    );

  test("step as each of them alone", () => {
    const [together, alone] = [neighbours(), neighbours()];
    run(together);
    for (const item of alone) run([item]);
    expect(together.map(bits)).toEqual(alone.map(bits));
  });

  /** How often a block of the orthonormalization waits, for others of its own or for the grid. */
  function waits(items: readonly TestItem[]): number {
    takeCounters(device, true);
    run(items);
    const counted = takeCounters(device, false) ?? [];
    const { barriers, grid } = counted.find(({ kernel }) => kernel.includes("settle_bases")) ?? {
      barriers: Number.NaN,
      grid: [1],
    };
    return barriers / grid[0];
  }

  test("wait for the grid as often as one of them", () => {
    if (takeCounters(device, false) === null) return;
    const [once, twice] = [waits(alike(1, "one")), waits(alike(1, "two"))];
    expect(twice).toBeGreaterThan(1.5 * once);
    // A warp that diverges at a barrier counts twice.
    expect(waits(alike(9, "one"))).toBeLessThan(1.01 * once);
    expect(waits(alike(9, "two"))).toBeLessThan(1.01 * twice);
  });
});
