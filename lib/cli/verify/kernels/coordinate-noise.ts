import { coordinateNoise } from "../../../../test/oracle/coordinate-noise.js";
import { binEdge, firstNaN, noiseBins } from "../../../batch/coordinate-counts.js";
import { numel } from "../../../tensor.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { noise } from "../noise.js";
import { u } from "../rounding.js";
import { emptyShapes, largeShapes, type MatrixShape, oddShapes } from "../shapes.js";
import { floats, int32s, valuesOf } from "../tensors.js";

interface NoiseSpec {
  readonly shape: MatrixShape;
  readonly groups: number;
  readonly seed: number;
  /** A gradient's mean, beside noise of size 1. */
  readonly mean?: number;
  /** Every so many-th coordinate has no gradient. */
  readonly gap?: number;
  /** What the first group's gradient is in its last coordinate, in the place of a number. */
  readonly bad?: number;
}

function noiseItem({ shape, groups, seed, mean = 0.3, gap = 5, bad }: NoiseSpec): TestItem {
  const count = numel(shape);
  const total = new Float64Array(count);
  const ofSquares = new Float64Array(count);
  for (let k = 0; k < groups; k++) {
    const of = noise(count, seed + 31 * k);
    for (let i = 0; i < count; i++) {
      const g = i % gap === 0 ? 0 : mean + of[i];
      total[i] += g;
      ofSquares[i] += g * g;
    }
  }
  if (bad !== undefined) {
    total[count - 1] = bad;
    ofSquares[count - 1] = bad ** 2;
  }
  const sum = floats("float32", shape, total);
  const squares = floats("float32", shape, ofSquares);
  const counts = int32s(new Int32Array(noiseBins).fill(-1));
  return {
    fields: { sum, squares, groups: floats("float64", [1], [groups - 1]), counts },
    writes: ["counts"],
    check(worst) {
      const [s, q] = [valuesOf(sum), valuesOf(squares)];
      const found = valuesOf(counts);
      const present = s.filter((x, i) => x !== 0 || q[i] !== 0).length;
      worst.near("coordinates", [found.reduce((all, x) => all + x, 0)], [present], 0);
      const broken = found.subarray(firstNaN).reduce((all, x) => all + x, 0);
      worst.near("coordinates that are not finite", [broken], [bad === undefined ? 0 : 1], 0);
      // Of those that are at most so noisy, all are counted that surely are, and none that surely is
      // not: rounding of K·Q moves the noise by a few u of Q/S².
      const exact = coordinateNoise(s, q, groups);
      const slack = exact.map(
        (x, i) => 8 * u * (x + (groups * q[i]) / ((groups - 1) * s[i] * s[i])),
      );
      const finite = (values: Float64Array) => values.filter((x) => !Number.isNaN(x)).sort();
      const most = finite(exact.map((x, i) => x + slack[i]));
      const least = finite(exact.map((x, i) => x - slack[i]));
      let [below, surely, maybe] = [0, 0, 0];
      for (let bin = 0; bin < firstNaN - 1; bin++) {
        const edge = binEdge(bin);
        below += found[bin];
        while (most[surely] < edge) surely++;
        while (least[maybe] < edge) maybe++;
        worst.holds(`${below} below ${edge}`, surely <= below && below <= maybe);
      }
    },
  };
}

const plain: NoiseSpec = { shape: [53, 37], groups: 4, seed: 1 };

export const cases = [
  kernelCase("coordinateNoise", "any shape and number of groups", () =>
    oddShapes.map((shape, i) => noiseItem({ shape, groups: [2, 3, 17][i % 3], seed: i })),
  ),
  kernelCase("coordinateNoise", "gradients that are nearly noise, and nearly none", () =>
    [0, 1e3].map((mean) => noiseItem({ ...plain, mean })),
  ),
  kernelCase("coordinateNoise", "coordinates that are not finite", () =>
    [Number.NaN, Number.POSITIVE_INFINITY].map((bad) => noiseItem({ ...plain, bad })),
  ),
  kernelCase("coordinateNoise", "large gradients", () =>
    largeShapes.map((shape, seed) => noiseItem({ ...plain, shape, seed })),
  ),
  kernelCase("coordinateNoise", "gradients without elements, and without any", () => [
    ...emptyShapes.map((shape) => noiseItem({ ...plain, shape })),
    noiseItem({ ...plain, gap: 1 }),
  ]),
];
