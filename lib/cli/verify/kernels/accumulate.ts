import { accumulate, squaredNorm } from "../../../../test/oracle/accumulate.js";
import { numel, type WeightDType } from "../../../tensor.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { noise } from "../noise.js";
import { sumError, u } from "../rounding.js";
import { emptyShapes, largeShapes, type MatrixShape, oddShapes } from "../shapes.js";
import { absent, floats, valuesOf } from "../tensors.js";

interface AccumulateSpec {
  readonly shape: MatrixShape;
  readonly dtype: WeightDType;
  readonly pieces: number;
  readonly seed: number;
  /** Groups that the sum holds already. */
  readonly groups: number;
  readonly hasSquares?: boolean;
  readonly isAbsent?: boolean;
  /** What the gradient's elements are multiplied by. */
  readonly size?: number;
}

function accumulateItem(spec: AccumulateSpec): TestItem {
  const { shape, dtype, pieces, seed, groups, hasSquares = false, isAbsent, size = 0.1 } = spec;
  const count = numel(shape);
  const scaled = (offset: number) => noise(count, seed + offset).map((x) => size * x);
  const grad = isAbsent ? absent(dtype, shape) : floats(dtype, shape, scaled(0));
  // What an earlier batch left behind is not read.
  const stale = groups === 0 ? Number.NaN : 1;
  const sum = floats(
    "float32",
    shape,
    scaled(1).map((x) => stale * groups * x),
  );
  const squares = hasSquares
    ? floats(
        "float32",
        shape,
        scaled(2).map((x) => stale * groups * x * x),
      )
    : undefined;
  const partials = floats("float64", [pieces, 2], new Float64Array(2 * pieces).fill(-1));
  const before = {
    sum: valuesOf(sum),
    squares: squares === undefined ? new Float64Array(count) : valuesOf(squares),
  };
  return {
    fields: { grad, sum, squares, partials, groups: floats("float64", [1], [groups]) },
    writes: ["sum", "squares", "partials"],
    check(worst) {
      const g = isAbsent ? new Float64Array(count) : valuesOf(grad);
      const after = accumulate(before, g, groups === 0);
      const sums = valuesOf(sum);
      // One addition; of squares a product and an addition.
      worst.near(
        "sum",
        sums,
        after.sum.map(Math.fround),
        after.sum.map((x) => u * Math.abs(x)),
      );
      if (squares !== undefined) {
        const bounds = after.squares.map((x) => 3 * u * x);
        worst.near("squares", valuesOf(squares), after.squares, bounds);
      }
      const found = valuesOf(partials);
      const total = (column: number) =>
        found.reduce((all, x, i) => (i % 2 === column ? all + x : all), 0);
      const longest = 16 * Math.ceil(count / 16 / pieces);
      const near = (what: string, column: number, expected: number) =>
        worst.near(what, [total(column)], [expected], sumError(longest) * expected);
      near("the gradient's squares", 0, squaredNorm(g));
      near("the sum's squares", 1, squaredNorm(sums));
    },
  };
}

const dtypes: readonly WeightDType[] = ["float32", "bfloat16", "float16"];
const plain: AccumulateSpec = { shape: [53, 37], dtype: "float32", pieces: 3, seed: 1, groups: 2 };

export const cases = [
  ...dtypes.flatMap((dtype) =>
    [0, 1, 7].map((groups) =>
      kernelCase("accumulate", `${dtype}, after ${groups} groups`, () =>
        oddShapes.flatMap((shape, i) =>
          [false, true].map((hasSquares) =>
            accumulateItem({
              shape,
              dtype,
              pieces: [1, 3, 16][i % 3],
              seed: i,
              groups,
              hasSquares,
            }),
          ),
        ),
      ),
    ),
  ),
  kernelCase("accumulate", "large gradients", () =>
    largeShapes.map((shape, i) => accumulateItem({ ...plain, shape, pieces: 2, seed: i })),
  ),
  kernelCase("accumulate", "gradients without elements", () =>
    emptyShapes.map((shape) => accumulateItem({ ...plain, shape })),
  ),
  kernelCase("accumulate", "no gradient", () =>
    [0, 3].map((groups) => accumulateItem({ ...plain, groups, hasSquares: true, isAbsent: true })),
  ),
  kernelCase("accumulate", "squares beyond float32", () =>
    [0, 3].map((groups) => accumulateItem({ ...plain, groups, size: 1e30 })),
  ),
];
