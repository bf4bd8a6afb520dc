import { lineStep } from "../../../../test/oracle/line-step.js";
import { projectedDimension, projectedShape, type Side } from "../../../../test/oracle/subspace.js";
import { numel, type StateDType } from "../../../tensor.js";
import { emptyProjections, type Projection, projections } from "../bases.js";
import { describeTypes, stateTypes, turn, weightTypes } from "../choices.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import { shuffle, someLines } from "../lines.js";
import { noise } from "../noise.js";
import { replayCase } from "../replay-case.js";
import { gradientMagnitude, momentumBounds } from "../rounding.js";
import { scalarVariants, stepScalars } from "../scalars.js";
import type { MatrixShape } from "../shapes.js";
import { checkStep, type StepItem, type StepSpec, stepItem } from "../step-item.js";
import { partitions } from "../subsets.js";
import { floats, int32s, valuesOf } from "../tensors.js";

interface LineSpec extends StepSpec, Projection {
  readonly state: StateDType;
  /** Lines as a caller may give them, in no particular order. */
  readonly isShuffled?: boolean;
}

/** For each element of the momentum, by rows, the number of its element of the weight. */
function placesOf([rows, cols]: MatrixShape, side: Side, lines: readonly number[]): number[] {
  if (side === "left") {
    return lines.flatMap((row) => Array.from({ length: cols }, (_, col) => row * cols + col));
  }
  return Array.from({ length: rows }, (_, row) => lines.map((col) => row * cols + col)).flat();
}

/** |G|, or on a line that is kept mScale·(mDecay·|m| + mGain·|G|), and at most so many roundings. */
function numeratorOf(
  { param, grad, oracleScalars: s }: StepItem,
  places: readonly number[],
  momentum: Float64Array,
) {
  const gradient = gradientMagnitude(param, grad, s);
  const magnitude = Float64Array.from(gradient);
  places.forEach((i, at) => {
    magnitude[i] = s.mScale * (s.mDecay * Math.abs(momentum[at]) + s.mGain * gradient[i]);
  });
  const kept = { magnitude: places.map((i) => gradient[i]), roundings: 1 };
  return { numerator: { magnitude, roundings: 6 }, kept };
}

function lineItem(spec: LineSpec): TestItem {
  const { shape, side, rank, state, isShuffled, seed } = spec;
  const item = stepItem(spec);
  const lines = someLines(projectedDimension(side, ...shape), rank, seed);
  if (isShuffled) shuffle(lines, seed);
  const momentumShape = projectedShape(side, ...shape, rank);
  const values = noise(numel(momentumShape), seed + 3).map((x) => 0.05 * x);
  const expAvg = floats(state, momentumShape, values);
  const momentum = valuesOf(expAvg);
  const { param, grad, secondMoment, subsets, reduce, oracleScalars } = item;
  const axis = side === "left" ? "rows" : "columns";
  return {
    fields: { ...item.fields, expAvg, index: int32s(lines), axis },
    writes: item.writes,
    check(worst) {
      const input = { shape, side, lines, param, grad, momentum, secondMoment, subsets, reduce };
      // The gradient has no decay in it.
      const after = lineStep(input, { ...oracleScalars, l2: 0 });
      const { numerator, kept } = numeratorOf(item, placesOf(shape, side, lines), momentum);
      checkStep(worst, item, numerator, after);
      const left = valuesOf(expAvg);
      if (spec.scalars.dropMomentum) {
        worst.near("dropped expAvg", left, new Float64Array(left.length), 0);
      } else {
        const bounds = momentumBounds(momentum, kept, after.momentum, oracleScalars, state);
        worst.near("expAvg", left, after.momentum, bounds);
      }
    },
  };
}

const plain: LineSpec = {
  shape: [53, 37],
  side: "left",
  rank: 17,
  types: { param: "float32", grad: "float32" },
  state: "float32",
  partition: "rows",
  scalars: stepScalars(),
  momentGiven: false,
  mean: false,
  seed: 1,
};

const columns = { side: "right", partition: "columns" } as const;

function mixture(
  common: Pick<LineSpec, "types" | "partition">,
  chosen: readonly Projection[] = projections,
): TestItem[] {
  return chosen.map((projection, i) =>
    lineItem({
      ...common,
      ...projection,
      state: turn(stateTypes, i),
      scalars: turn(scalarVariants, i),
      // A moment of the whole tensor is always given.
      momentGiven: common.partition === "whole" || i % 4 === 3,
      mean: i % 3 === 1,
      seed: 100 * i,
    }),
  );
}

/** Several tiles. */
const large: readonly Projection[] = [
  { shape: [1100, 40], side: "left", rank: 700 },
  { shape: [7, 5461], side: "right", rank: 2000 },
];

const stochastic = { ...plain, shape: [64, 96], rank: 8, rounding: "stochastic" } as const;

export const cases = [
  ...weightTypes.flatMap((types) =>
    partitions.map((partition) =>
      kernelCase("lineStep", `${describeTypes(types)}, ${partition}`, () =>
        mixture({ types, partition }),
      ),
    ),
  ),
  ...partitions.map((partition) =>
    kernelCase("lineStep", `large weights, ${partition}`, () =>
      large.map((projection, i) => {
        const momentGiven = partition === "whole";
        return lineItem({ ...plain, ...projection, partition, momentGiven, seed: i });
      }),
    ),
  ),
  kernelCase("lineStep", "lines in no particular order", () =>
    projections.flatMap((projection, i) =>
      (["none", "rows", "columns", "elementwise"] as const).map((partition, j) =>
        lineItem({
          ...plain,
          ...projection,
          partition,
          state: turn(stateTypes, i + j),
          isShuffled: true,
          seed: 10 * i + j,
        }),
      ),
    ),
  ),
  kernelCase("lineStep", "momentum that is dropped after use", () =>
    [plain, { ...plain, ...columns }].flatMap((spec) =>
      stateTypes.map((state) =>
        lineItem({ ...spec, state, scalars: stepScalars({ dropMomentum: 1 }) }),
      ),
    ),
  ),
  kernelCase("lineStep", "coupled decay is not part of it", () =>
    [plain, { ...plain, ...columns }].map((spec) =>
      lineItem({ ...spec, scalars: stepScalars({ l2: 0.5 }) }),
    ),
  ),
  kernelCase("lineStep", "a gradient of zeros", () =>
    [plain, { ...plain, ...columns }].map((spec) => lineItem({ ...spec, blank: true })),
  ),
  kernelCase("lineStep", "weights without elements", () =>
    partitions.flatMap((partition) => mixture({ types: plain.types, partition }, emptyProjections)),
  ),
  kernelCase("lineStep", "idle items among others", () =>
    [plain, { ...plain, ...columns }].flatMap((spec) => [
      lineItem(spec),
      untouched(lineItem({ ...spec, scalars: stepScalars({ active: 0 }) })),
      untouched(lineItem({ ...spec, scalars: stepScalars({ active: 0, dropMomentum: 1 }) })),
    ]),
  ),
  kernelCase("lineStep", "stochastic rounding", () =>
    weightTypes.flatMap((types) =>
      [stochastic, { ...stochastic, ...columns }].map((spec, i) =>
        lineItem({ ...spec, types, seed: i }),
      ),
    ),
  ),
  replayCase("lineStep", "param", (key) =>
    lineItem({
      ...stochastic,
      shape: [16, 24],
      types: { param: "bfloat16", grad: "float32" },
      key,
    }),
  ),
];
