import { gaussianBasis } from "../../../../test/oracle/gaussian-basis.js";
import { gaussianNoise } from "../../../../test/oracle/random-stream.js";
import { kernelCase } from "../kernel-case.js";
import { plannedCases } from "../planned-refresh.js";
import { type RandomKernel, randomCases, randomMixture } from "../random-basis.js";

const orthonormal: RandomKernel = {
  kernel: "gaussianBasis",
  fields: { orthonormal: true },
  expected: (dimension, rank, key) => ({
    basis: gaussianBasis(dimension, rank, true, key),
    from: gaussianNoise(dimension, rank, key),
  }),
};

const published: RandomKernel = {
  kernel: "gaussianBasis",
  fields: { orthonormal: false },
  expected: (dimension, rank, key) => ({
    basis: gaussianBasis(dimension, rank, false, key),
    orthonormal: false,
  }),
};

export const cases = [
  ...randomCases(orthonormal),
  ...(["restart", "keep", "published"] as const).map((onRefresh) =>
    kernelCase("gaussianBasis", `entries of variance 1/rank, ${onRefresh}`, () => [
      ...randomMixture(published, { onRefresh }),
      ...randomMixture(published, { onRefresh, hasBasis: 0 }),
    ]),
  ),
  ...plannedCases("gaussianBasis", {}, { refuses: false }),
];
