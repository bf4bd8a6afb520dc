import { gradientStats } from "../../../../test/oracle/gradient-stats.js";
import type { KernelPartition } from "../../../parts/part.js";
import { numel, type WeightDType } from "../../../tensor.js";
import { turn } from "../choices.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { noise } from "../noise.js";
import { sumError } from "../rounding.js";
import { emptyShapes, largeShapes, type MatrixShape, oddShapes } from "../shapes.js";
import { blockOf, partitions, subsetCount, subsetsOf } from "../subsets.js";
import { absent, floats, int32s, storageError, valuesOf } from "../tensors.js";

interface StatsSpec {
  readonly shape: MatrixShape;
  readonly dtype: WeightDType;
  readonly partition: KernelPartition;
  readonly pieces: number;
  readonly seed: number;
  readonly isAbsent?: boolean;
  /** What the gradient's elements are multiplied by. */
  readonly size?: number;
  /** Elements that are not finite, and what they are. */
  readonly bad?: Readonly<Record<number, number>>;
}

/** Partitions whose sums are written. */
const summed: readonly KernelPartition[] = ["rows", "columns", "blocks"];

function statsItem(spec: StatsSpec): TestItem {
  const { shape, dtype, partition, pieces, seed, isAbsent, size = 0.1, bad = {} } = spec;
  const values = noise(numel(shape), seed).map((x) => size * x);
  for (const [element, value] of Object.entries(bad)) values[Number(element)] = value;
  const grad = isAbsent ? absent(dtype, shape) : floats(dtype, shape, values);
  const isSummed = summed.includes(partition);
  const count = subsetCount(shape, partition);
  const sums = isSummed ? floats("float32", [count], new Float64Array(count).fill(-1)) : undefined;
  const partials = floats("float64", [pieces], new Float64Array(pieces).fill(-1));
  const nonFinite = int32s(new Int32Array(pieces).fill(-1));
  return {
    fields: { grad, sums, partials, nonFinite, partition, block: blockOf(partition) },
    writes: ["sums", "partials", "nonFinite"],
    check(worst) {
      const g = isAbsent ? new Float64Array(numel(shape)) : valuesOf(grad);
      const subsets = subsetsOf(shape, partition);
      const stats = gradientStats(g, subsets);
      const { squares, sumOfSquares } = stats;
      const flags = [...valuesOf(nonFinite)];
      const flagged = flags.reduce((sum, flag) => sum + flag, 0);
      worst.holds(
        `flags are ${flags}`,
        flags.every((flag) => flag === 0 || flag === 1),
      );
      worst.holds(`${flagged} pieces flagged`, stats.isFinite ? flagged === 0 : flagged > 0);
      if (sums !== undefined && numel(shape) > 0) {
        const bounds = squares.map(
          (q, s) => sumError(subsets.sizes[s]) * q + storageError("float32", q),
        );
        worst.near("sums", valuesOf(sums), squares.map(Math.fround), bounds);
      }
      const pieceSums = valuesOf(partials);
      // Where each piece is one subset, the two are the same sums.
      if (isSummed && pieces === count) {
        const bounds = squares.map((q, s) => sumError(subsets.sizes[s]) * q);
        worst.near("partials", pieceSums, squares, bounds);
        const expected = squares.map((q) => (Number.isFinite(q) ? 0 : 1));
        worst.near("nonFinite", flags, expected, 0);
      }
      if (!stats.isFinite) return;
      const total = pieceSums.reduce((sum, q) => sum + q, 0);
      const bound = sumError(Math.ceil(g.length / pieces)) * sumOfSquares;
      worst.near("the sum of all partials", [total], [sumOfSquares], bound);
    },
  };
}

const dtypes: readonly WeightDType[] = ["float32", "bfloat16", "float16"];
const pieceCounts = [1, 3, 16];

const plain: StatsSpec = {
  shape: [53, 37],
  dtype: "float32",
  partition: "rows",
  pieces: 3,
  seed: 1,
};

export const cases = [
  ...dtypes.flatMap((dtype) =>
    partitions.map((partition) =>
      kernelCase("gradientStats", `${dtype}, ${partition}`, () =>
        oddShapes.map((shape, i) =>
          statsItem({ shape, dtype, partition, pieces: turn(pieceCounts, i), seed: i }),
        ),
      ),
    ),
  ),
  kernelCase("gradientStats", "a piece for each subset", () =>
    summed.flatMap((partition) =>
      oddShapes.map((shape, i) =>
        statsItem({ ...plain, shape, partition, pieces: subsetCount(shape, partition), seed: i }),
      ),
    ),
  ),
  kernelCase("gradientStats", "large gradients", () =>
    partitions.flatMap((partition) =>
      largeShapes.map((shape, i) => statsItem({ ...plain, shape, partition, pieces: 2, seed: i })),
    ),
  ),
  kernelCase("gradientStats", "gradients without elements", () =>
    partitions.flatMap((partition) =>
      emptyShapes.map((shape) => statsItem({ ...plain, shape, partition })),
    ),
  ),
  kernelCase("gradientStats", "no gradient", () =>
    partitions.map((partition) => statsItem({ ...plain, partition, isAbsent: true })),
  ),
  kernelCase("gradientStats", "one element that is not finite", () =>
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((value) =>
      partitions.flatMap((partition) =>
        [0, 1000, 53 * 37 - 1].map((element) =>
          statsItem({ ...plain, partition, bad: { [element]: value } }),
        ),
      ),
    ),
  ),
  kernelCase("gradientStats", "an infinity in its own piece", () =>
    summed.map((partition) =>
      statsItem({
        ...plain,
        partition,
        pieces: subsetCount(plain.shape, partition),
        bad: { 700: Number.POSITIVE_INFINITY },
      }),
    ),
  ),
  kernelCase("gradientStats", "squares beyond float32", () =>
    dtypes
      .filter((dtype) => dtype !== "float16")
      .flatMap((dtype) =>
        partitions.map((partition) => statsItem({ ...plain, dtype, partition, size: 1e30 })),
      ),
  ),
];
