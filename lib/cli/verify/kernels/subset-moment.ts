import { uniforms } from "../../../../test/oracle/random.js";
import { subsetMoment } from "../../../../test/oracle/subset-moment.js";
import type { KernelPartition } from "../../../parts/part.js";
import { turn } from "../choices.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import { u } from "../rounding.js";
import { type KernelScalars, scalarsTensor, scalarVariants, stepScalars } from "../scalars.js";
import { type MatrixShape, oddShapes } from "../shapes.js";
import { blockOf, subsetCount, subsetsOf } from "../subsets.js";
import { floats, storageError, valuesOf } from "../tensors.js";

interface MomentSpec {
  readonly shape: MatrixShape;
  readonly partition: KernelPartition;
  readonly scalars: KernelScalars;
  readonly mean: boolean;
  readonly seed: number;
}

function momentItem({ shape, partition, scalars, mean, seed }: MomentSpec): TestItem {
  const [rows, cols] = shape;
  const count = subsetCount(shape, partition);
  const isWhole = partition === "whole";
  // The sum of a whole tensor arrives in pieces.
  const terms = floats(
    isWhole ? "float64" : "float32",
    [isWhole ? 3 : count],
    uniforms(isWhole ? 3 : count, seed).map((x) => 2 * x),
  );
  const expAvgSq = floats("float32", [count], uniforms(count, seed + 1));
  const before = valuesOf(expAvgSq);
  return {
    fields: {
      [isWhole ? "partials" : "sums"]: terms,
      expAvgSq,
      scalars: scalarsTensor(scalars),
      partition,
      block: blockOf(partition),
      rows,
      cols,
      mean,
    },
    writes: ["expAvgSq"],
    check(worst) {
      const values = valuesOf(terms);
      const sums = isWhole ? [values.reduce((sum, x) => sum + x, 0)] : values;
      const { sizes } = subsetsOf(shape, partition);
      const after = subsetMoment(before, sums, sizes, mean ? "mean" : "sum", scalars);
      // The factor, the products and their sum; then the moment is stored.
      const bounds = after.map((v) => 6 * u * v + storageError("float32", v));
      worst.near("expAvgSq", valuesOf(expAvgSq), after, bounds);
    },
  };
}

const partitions: readonly KernelPartition[] = ["rows", "columns", "blocks", "whole"];
const shapes = [...oddShapes, [700, 300]] as const;

export const cases = [
  ...partitions.flatMap((partition) =>
    [false, true].map((mean) =>
      kernelCase("subsetMoment", `${partition}, ${mean ? "means" : "sums"}`, () =>
        shapes.map((shape, i) =>
          momentItem({ shape, partition, mean, scalars: turn(scalarVariants, i), seed: 10 * i }),
        ),
      ),
    ),
  ),
  kernelCase("subsetMoment", "idle items among others", () =>
    partitions.flatMap((partition, i) => {
      const spec = { shape: [53, 37], partition, mean: false, seed: i } as const;
      const idle = stepScalars({ active: 0 });
      return [
        momentItem({ ...spec, scalars: stepScalars() }),
        untouched(momentItem({ ...spec, scalars: idle })),
      ];
    }),
  ),
];
