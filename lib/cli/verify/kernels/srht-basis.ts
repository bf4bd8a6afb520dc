import { hadamard, srhtBasis, srhtColumns } from "../../../../test/oracle/srht-basis.js";
import type { Projection } from "../bases.js";
import { kernelCase } from "../kernel-case.js";
import { plannedCases } from "../planned-refresh.js";
import { type RandomKernel, randomCases, randomMixture } from "../random-basis.js";

const transform: RandomKernel = {
  kernel: "srhtBasis",
  expected: (dimension, rank, key) => ({
    basis: srhtBasis(dimension, rank, key),
    ...(hadamard(dimension).rows !== dimension && { from: srhtColumns(dimension, rank, key) }),
  }),
};

/** Sides of every core and a few doublings of it. */
const exact: readonly Projection[] = [2, 12, 20, 24, 28, 40, 48, 56, 64, 80].map((side, i) => ({
  shape: i % 2 === 0 ? [side + 3, side] : [side, side + 3],
  side: i % 2 === 0 ? "right" : "left",
  rank: 1 + (side >> 1),
}));

export const cases = [
  ...randomCases(transform),
  kernelCase("srhtBasis", "orders that need no padding", () =>
    (["restart", "rotate"] as const).flatMap((onRefresh) =>
      randomMixture(transform, { onRefresh }, exact),
    ),
  ),
  kernelCase("srhtBasis", "all of the rows", () =>
    randomMixture(
      transform,
      { onRefresh: "keep" },
      [16, 28].map((side) => ({ shape: [side, side], side: "right", rank: side })),
    ),
  ),
  ...plannedCases("srhtBasis", {}, { refuses: false }),
];
