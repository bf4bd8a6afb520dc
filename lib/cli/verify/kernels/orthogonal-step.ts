import { matrix } from "../../../../test/oracle/matrix.js";
import { orthogonalFactor, type Schedule } from "../../../../test/oracle/newton-schulz.js";
import { orthogonalStep } from "../../../../test/oracle/orthogonal-step.js";
import type { Precision } from "../../../optimizer-options.js";
import { numel, type StateDType } from "../../../tensor.js";
import { describeTypes, turn, type WeightTypes, weightTypes } from "../choices.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import { noise } from "../noise.js";
import { gradientMagnitude, momentumBounds, u } from "../rounding.js";
import {
  counters,
  countersTensor,
  type KernelScalars,
  scalarsTensor,
  stepScalars,
} from "../scalars.js";
import { emptyShapes, type MatrixShape, oddShapes } from "../shapes.js";
import { checkStochastic } from "../stochastic-rounding.js";
import { floats, storageError, unitRoundoff, valuesOf } from "../tensors.js";

interface OrthogonalSpec {
  readonly shape: MatrixShape;
  readonly types: WeightTypes;
  readonly state: StateDType;
  readonly scalars: KernelScalars;
  readonly schedule: Schedule;
  readonly steps: number;
  /** null: Muon. */
  readonly accumulator: number | null;
  readonly maxNorm?: number;
  readonly leastStep?: number;
  readonly shapeScale?: number;
  readonly rounding?: "nearest" | "stochastic";
  readonly precision?: Precision;
  /** Momentum and gradient are zero. */
  readonly blank?: boolean;
  readonly seed: number;
}

/** torch.optim.Muon's momentum: an average that looks a step ahead. */
const nesterov = stepScalars({
  mDecay: 0.95,
  mGain: 0.05,
  mScale: 0.95,
  nGrad: 0.05,
  stepSize: 0.02,
});
const plainAverage = stepScalars({
  mDecay: 0.9,
  mGain: 0.1,
  mScale: 1,
  stepSize: 0.05,
  gradFactor: 1,
});

function orthogonalItem(spec: OrthogonalSpec): TestItem {
  const { shape, types, state, scalars, schedule, steps, accumulator, blank, seed } = spec;
  const { maxNorm = 0.3, leastStep = 5e-4, shapeScale = 1.5, rounding = "nearest" } = spec;
  const { precision = "highest" } = spec;
  const count = numel(shape);
  const some = (offset: number, size: number) => noise(count, seed + offset).map((x) => size * x);
  const param = floats(types.param, shape, some(0, 0.5));
  const grad = floats(types.grad, shape, some(1, blank ? 0 : 0.1));
  const expAvg = floats(state, shape, some(2, blank ? 0 : 0.05));
  const expAvgSq = accumulator === null ? undefined : floats("float32", [1], [accumulator]);
  const before = { param: valuesOf(param), grad: valuesOf(grad), momentum: valuesOf(expAvg) };
  const eps = 1e-7;
  return {
    fields: {
      param,
      grad,
      expAvg,
      expAvgSq,
      scalars: scalarsTensor(scalars),
      counters: countersTensor(counters()),
      schedule,
      steps,
      eps,
      maxNorm,
      leastStep,
      shapeScale,
      precision,
      rounding,
      seed: 1,
      stream: 2,
    },
    writes: ["param", "expAvg", "expAvgSq"],
    check(worst) {
      const shapes = { shape, schedule, steps, eps, maxNorm, leastStep, shapeScale };
      const stored = accumulator === null ? null : Math.fround(accumulator);
      const after = orthogonalStep({ ...before, ...shapes, accumulator: stored }, scalars);
      const gradient = {
        magnitude: gradientMagnitude(before.param, before.grad, scalars),
        roundings: 2,
      };
      const momentum = after.momentum ?? new Float64Array(0);
      const ofMomentum = momentumBounds(before.momentum, gradient, momentum, scalars, state);
      worst.near("expAvg", valuesOf(expAvg), momentum, ofMomentum);
      if (expAvgSq !== undefined && count > 0) {
        const v = after.secondMoment?.[0] ?? Number.NaN;
        worst.near("expAvgSq", valuesOf(expAvgSq), [v], 8 * u * v);
      }
      const found = valuesOf(param);
      const off = directionError(spec, after.numerator) * after.stepSize;
      const bounds = after.param.map(
        (w, i) => off + 4 * u * (Math.abs(before.param[i]) + Math.abs(w)),
      );
      if (rounding === "stochastic" && types.param === "bfloat16") {
        return checkStochastic(worst, found, after.param, bounds);
      }
      const rounded = bounds.map((bound, i) => bound + storageError(types.param, after.param[i]));
      worst.near("param", found, after.param, rounded);
    },
  };
}

/**
 * How far an element of the direction may be off: what the iterations make of a numerator that is off
 * by the roundings of all their products, found by moving it so. The polynomials stretch what is small
 * by up to 3.4 a step, so no bound that knows the matrix's size alone would be worth much.
 */
function directionError(spec: OrthogonalSpec, numerator: Float64Array): number {
  const [rows, cols] = spec.shape;
  const n = matrix(rows, cols, numerator);
  const options = { schedule: spec.schedule, steps: spec.steps, eps: 1e-7 };
  const exact = orthogonalFactor(n, options).data;
  const norm = Math.sqrt(numerator.reduce((sum, x) => sum + x * x, 0));
  if (norm === 0) return 0;
  const size = 1e-7;
  let stretch = 0;
  for (let trial = 0; trial < 3; trial++) {
    const shift = noise(numerator.length, 1000 + trial);
    const length = Math.sqrt(shift.reduce((sum, x) => sum + x * x, 0));
    const moved = numerator.map((x, i) => x + (size * norm * shift[i]) / length);
    const other = orthogonalFactor(matrix(rows, cols, moved), options).data;
    stretch = other.reduce((most, x, i) => Math.max(most, Math.abs(x - exact[i]) / size), stretch);
  }
  // Three products a step, each a sum over at most the longer side; six standard deviations. On the
  // Gram matrix, the relative error of a singular value is that of its square.
  const roundings = 3 * spec.steps * (2 + 2 * Math.sqrt(Math.max(rows, cols)));
  const operands = 3 * spec.steps * roundedOperands(spec.precision ?? "highest");
  return (u * roundings + operands) * Math.max(stretch, 1);
}

/** What rounding both operands adds to the relative error of a product, where a device does. */
function roundedOperands(precision: Precision): number {
  switch (precision) {
    case "highest":
      return 0;
    case "high":
      return 4 * unitRoundoff("bfloat16") ** 2;
    case "medium":
      return 2 * unitRoundoff("float16");
  }
}

const plain: OrthogonalSpec = {
  shape: [53, 37],
  types: { param: "float32", grad: "float32" },
  state: "float32",
  scalars: nesterov,
  schedule: "muon",
  steps: 5,
  accumulator: null,
  seed: 1,
};

/** Iterated on the Gram matrix, and across several panels. */
const longShapes: readonly MatrixShape[] = [
  [20, 48],
  [130, 16],
  [17, 300],
];

const schedules = [
  { schedule: "muon", steps: 5 },
  { schedule: "polarExpress", steps: 8 },
  { schedule: "exact", steps: 14 },
] as const;

export const cases = [
  ...schedules.flatMap((schedule) =>
    [null, 0.04].map((accumulator) =>
      kernelCase(
        "orthogonalStep",
        `${schedule.schedule}, ${accumulator === null ? "Muon" : "AdaGO"}`,
        () =>
          [...oddShapes, ...longShapes].map((shape, i) =>
            orthogonalItem({
              ...plain,
              ...schedule,
              shape,
              accumulator,
              state: turn(["float32", "bfloat16"] as const, i),
              scalars: turn([nesterov, plainAverage], i),
              seed: 10 * i,
            }),
          ),
      ),
    ),
  ),
  ...weightTypes.map((types) =>
    kernelCase("orthogonalStep", describeTypes(types), () =>
      [1, 2, 3, 6].map((steps, i) => orthogonalItem({ ...plain, types, steps, seed: i })),
    ),
  ),
  ...(["highest", "high", "medium"] as const).map((precision) =>
    kernelCase("orthogonalStep", `several panels, ${precision} precision`, () => [
      orthogonalItem({ ...plain, precision, shape: [150, 140] }),
      orthogonalItem({ ...plain, precision, shape: [140, 330], accumulator: 0.04 }),
      orthogonalItem({
        ...plain,
        precision,
        shape: [301, 131],
        schedule: "polarExpress",
        steps: 7,
      }),
    ]),
  ),
  kernelCase("orthogonalStep", "precisions side by side, and steps of every number", () =>
    (["high", "medium", "highest"] as const).flatMap((precision, i) =>
      [1, 3, 4, 7].map((steps, j) =>
        orthogonalItem({
          ...plain,
          precision,
          steps,
          shape: turn([...oddShapes, ...longShapes], 4 * i + j),
          types: turn(weightTypes, i + j),
          seed: 10 * i + j,
        }),
      ),
    ),
  ),
  kernelCase(
    "orthogonalStep",
    "a gradient's norm above and below what counts, and the least step",
    () =>
      [1e-3, 1e3].flatMap((maxNorm) =>
        [0, 0.1].map((leastStep) =>
          orthogonalItem({ ...plain, accumulator: 0.5, maxNorm, leastStep, scalars: plainAverage }),
        ),
      ),
  ),
  kernelCase("orthogonalStep", "a momentum of zeros moves nothing but decay", () =>
    schedules.map((schedule) => orthogonalItem({ ...plain, ...schedule, blank: true })),
  ),
  kernelCase("orthogonalStep", "weights without elements", () =>
    emptyShapes.map((shape) => orthogonalItem({ ...plain, shape, accumulator: 1 })),
  ),
  kernelCase("orthogonalStep", "stochastic rounding", () => [
    orthogonalItem({
      ...plain,
      shape: [64, 96],
      types: { param: "bfloat16", grad: "bfloat16" },
      rounding: "stochastic",
    }),
  ]),
  kernelCase("orthogonalStep", "idle items among others", () => [
    orthogonalItem(plain),
    untouched(orthogonalItem({ ...plain, scalars: stepScalars({ active: 0 }), seed: 2 })),
    withoutGradient(orthogonalItem({ ...plain, seed: 3 })),
    orthogonalItem({ ...plain, shape: [12, 40], seed: 4 }),
  ]),
];
