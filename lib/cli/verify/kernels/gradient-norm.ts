import { gradientNorm } from "../../../../test/oracle/gradient-norm.js";
import { uniforms } from "../../../../test/oracle/random.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { floats, int32s, unitRoundoff, valuesOf } from "../tensors.js";

interface NormSpec {
  readonly pieces: number;
  readonly gradScale: number;
  readonly maxGradNorm: number;
  /** Numbers of pieces that hold an infinity or a NaN. */
  readonly bad?: readonly number[];
  /** All gradients are zero. */
  readonly isZero?: boolean;
}

function normItem({ pieces, gradScale, maxGradNorm, bad = [], isZero }: NormSpec): TestItem {
  const sums = uniforms(pieces, pieces).map((x) => (isZero ? 0 : 100 * x));
  for (const piece of bad) sums[piece] = piece % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY;
  const result = floats("float64", [3], [-1, -1, -1]);
  return {
    fields: {
      partials: floats("float64", [pieces], sums),
      nonFinite: int32s(Array.from(sums, (_, piece) => (bad.includes(piece) ? 1 : 0))),
      hyper: floats("float64", [2], [gradScale, maxGradNorm]),
      result,
    },
    writes: ["result"],
    check(worst) {
      const [norm, nonFinite, clip] = valuesOf(result);
      const expected = gradientNorm({
        sumsOfSquares: [...sums],
        isNonFinite: Array.from(sums, (_, piece) => bad.includes(piece)),
        gradScale,
        maxGradNorm,
      });
      worst.near("nonFinite", [nonFinite], [Number(expected.isNonFinite)], 0);
      if (expected.isNonFinite) return;
      // A sum of positive float64 numbers, halved by the root, and a few more operations.
      const relative = (pieces / 2 + 4) * unitRoundoff("float64");
      worst.near("norm", [norm], [expected.norm], relative * expected.norm);
      worst.near("clip", [clip], [expected.clip], relative * expected.clip);
    },
  };
}

const usual: NormSpec = { pieces: 5, gradScale: 1, maxGradNorm: 1 };

export const cases = [
  kernelCase("gradientNorm", "one piece and many", () =>
    [1, 2, 1000].map((pieces) => normItem({ ...usual, pieces })),
  ),
  kernelCase("gradientNorm", "no pieces", () => [normItem({ ...usual, pieces: 0 })]),
  kernelCase("gradientNorm", "gradient scales, clipped and not", () =>
    [1, 1024, 2 ** -10].flatMap((gradScale) =>
      [0, 1e-3, 1, 1e9].map((maxGradNorm) => normItem({ ...usual, gradScale, maxGradNorm })),
    ),
  ),
  kernelCase("gradientNorm", "gradients of zero", () =>
    [0, 1, 1e-9].map((maxGradNorm) => normItem({ ...usual, maxGradNorm, isZero: true })),
  ),
  kernelCase("gradientNorm", "pieces that are not finite", () =>
    [[0], [4], [1, 3], [0, 1, 2, 3, 4]].map((bad) => normItem({ ...usual, bad })),
  ),
];
