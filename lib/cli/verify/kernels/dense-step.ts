import { denseStep } from "../../../../test/oracle/dense-step.js";
import { numel, type StateDType } from "../../../tensor.js";
import { describeTypes, turn, weightTypes } from "../choices.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import { noise } from "../noise.js";
import { replayCase } from "../replay-case.js";
import { gradientMagnitude, momentumBounds } from "../rounding.js";
import { denseScalarVariants, stepScalars } from "../scalars.js";
import { emptyShapes, largeShapes, type MatrixShape, oddShapes } from "../shapes.js";
import { checkStep, type StepItem, type StepSpec, stepItem } from "../step-item.js";
import { partitions } from "../subsets.js";
import { floats, valuesOf } from "../tensors.js";

/** null: no momentum. */
type DenseSpec = StepSpec & { readonly state: StateDType | null };

const states = [null, "float32", "bfloat16"] as const;

/** N = nGrad·G + mScale·(mDecay·m + mGain·G): magnitudes, and at most so many roundings of them. */
function numeratorOf({ param, grad, oracleScalars: s }: StepItem, momentum: Float64Array | null) {
  const gradient = gradientMagnitude(param, grad, s);
  if (momentum === null) return { magnitude: gradient, roundings: 2 };
  const magnitude = gradient.map(
    (g, i) => s.nGrad * g + s.mScale * (s.mDecay * Math.abs(momentum[i]) + s.mGain * g),
  );
  return { magnitude, roundings: 8 };
}

function denseItem(spec: DenseSpec): TestItem {
  const { shape, state, seed } = spec;
  const item = stepItem(spec);
  const values = noise(numel(shape), seed + 3).map((x) => 0.05 * x);
  const expAvg = state === null ? undefined : floats(state, shape, values);
  const momentum = expAvg === undefined ? null : valuesOf(expAvg);
  const { param, grad, secondMoment, subsets, reduce, oracleScalars } = item;
  return {
    fields: { ...item.fields, expAvg },
    writes: item.writes,
    check(worst) {
      const input = { param, grad, momentum, secondMoment, subsets, reduce };
      const after = denseStep(input, oracleScalars);
      checkStep(worst, item, numeratorOf(item, momentum), after);
      if (state === null || !expAvg || !momentum || !after.momentum) return;
      const gradient = { magnitude: gradientMagnitude(param, grad, oracleScalars), roundings: 2 };
      const bounds = momentumBounds(momentum, gradient, after.momentum, oracleScalars, state);
      worst.near("expAvg", valuesOf(expAvg), after.momentum, bounds);
    },
  };
}

const plain: DenseSpec = {
  shape: [53, 37],
  types: { param: "float32", grad: "float32" },
  state: "float32",
  partition: "rows",
  scalars: stepScalars(),
  momentGiven: false,
  mean: false,
  seed: 1,
};

/** Items of every shape, taking turns at everything that does not get a case of its own. */
function mixture(
  common: Pick<DenseSpec, "types" | "partition">,
  shapes: readonly MatrixShape[] = oddShapes,
): TestItem[] {
  return shapes.map((shape, i) =>
    denseItem({
      ...common,
      shape,
      state: turn(states, i),
      scalars: turn(denseScalarVariants, i),
      // A moment of the whole tensor is always given.
      momentGiven: common.partition === "whole" || i % 4 === 3,
      mean: i % 2 === 1,
      seed: 100 * i,
    }),
  );
}

const stochastic = { ...plain, shape: [64, 96], rounding: "stochastic" } as const;

export const cases = [
  ...weightTypes.flatMap((types) =>
    partitions.map((partition) =>
      kernelCase("denseStep", `${describeTypes(types)}, ${partition}`, () =>
        mixture({ types, partition }),
      ),
    ),
  ),
  ...partitions.map((partition) =>
    kernelCase("denseStep", `large weights, ${partition}`, () =>
      largeShapes.map((shape, i) =>
        denseItem({ ...plain, shape, partition, momentGiven: partition === "whole", seed: i }),
      ),
    ),
  ),
  kernelCase("denseStep", "weights without elements", () =>
    partitions.flatMap((partition) => mixture({ types: plain.types, partition }, emptyShapes)),
  ),
  kernelCase("denseStep", "idle items among others", () =>
    states.flatMap((state, i) => [
      denseItem({ ...plain, state, seed: i }),
      untouched(denseItem({ ...plain, state, scalars: stepScalars({ active: 0 }), seed: 10 + i })),
    ]),
  ),
  kernelCase("denseStep", "a gradient of zeros", () =>
    partitions.map((partition, i) =>
      denseItem({ ...plain, partition, momentGiven: partition === "whole", blank: true, seed: i }),
    ),
  ),
  kernelCase("denseStep", "stochastic rounding", () =>
    weightTypes.map((types, i) => denseItem({ ...stochastic, types, state: turn(states, i) })),
  ),
  replayCase("denseStep", "param", (key) =>
    denseItem({
      ...stochastic,
      shape: [16, 24],
      types: { param: "bfloat16", grad: "float32" },
      key,
    }),
  ),
];
