import { gradientDot } from "../../../../test/oracle/gradient-dot.js";
import { numel, type WeightDType } from "../../../tensor.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { noise } from "../noise.js";
import { sumError } from "../rounding.js";
import { emptyShapes, largeShapes, type MatrixShape, oddShapes } from "../shapes.js";
import { absent, floats, valuesOf } from "../tensors.js";

interface DotSpec {
  readonly shape: MatrixShape;
  readonly dtype: WeightDType;
  readonly pieces: number;
  readonly seed: number;
  readonly isAbsent?: boolean;
  /** What both are multiplied by. */
  readonly size?: number;
}

function dotItem({ shape, dtype, pieces, seed, isAbsent, size = 0.1 }: DotSpec): TestItem {
  const scaled = (offset: number) => noise(numel(shape), seed + offset).map((x) => size * x);
  const grad = isAbsent ? absent(dtype, shape) : floats(dtype, shape, scaled(0));
  const sum = floats("float32", shape, scaled(1));
  const partials = floats("float64", [pieces], new Float64Array(pieces).fill(-1));
  return {
    fields: { grad, sum, partials },
    writes: ["partials"],
    check(worst) {
      const g = isAbsent ? new Float64Array(numel(shape)) : valuesOf(grad);
      const s = valuesOf(sum);
      const magnitude = gradientDot(g.map(Math.abs), s.map(Math.abs));
      const found = valuesOf(partials).reduce((total, x) => total + x, 0);
      const longest = 16 * Math.ceil(g.length / 16 / pieces);
      worst.near("the product", [found], [gradientDot(g, s)], sumError(longest) * magnitude);
    },
  };
}

const dtypes: readonly WeightDType[] = ["float32", "bfloat16", "float16"];
const plain: DotSpec = { shape: [53, 37], dtype: "float32", pieces: 3, seed: 1 };

export const cases = [
  ...dtypes.map((dtype) =>
    kernelCase("gradientDot", dtype, () =>
      oddShapes.map((shape, i) => dotItem({ shape, dtype, pieces: [1, 3, 16][i % 3], seed: i })),
    ),
  ),
  kernelCase("gradientDot", "large gradients", () =>
    largeShapes.map((shape, i) => dotItem({ ...plain, shape, pieces: 2, seed: i })),
  ),
  kernelCase("gradientDot", "gradients without elements", () =>
    emptyShapes.map((shape) => dotItem({ ...plain, shape })),
  ),
  kernelCase("gradientDot", "no gradient", () => [dotItem({ ...plain, isAbsent: true })]),
  kernelCase("gradientDot", "products beyond float32", () => [dotItem({ ...plain, size: 1e30 })]),
];
