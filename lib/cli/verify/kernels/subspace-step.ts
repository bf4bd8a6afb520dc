import { combine, type Matrix, matrix } from "../../../../test/oracle/matrix.js";
import { back, project, projectedShape } from "../../../../test/oracle/subspace.js";
import { subspaceStep } from "../../../../test/oracle/subspace-step.js";
import type { Precision } from "../../../optimizer-options.js";
import type { KernelPartition } from "../../../parts/part.js";
import { numel, type StateDType } from "../../../tensor.js";
import { basisOf, emptyProjections, type Projection, projections } from "../bases.js";
import { describeTypes, stateTypes, turn, weightTypes } from "../choices.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import { noise } from "../noise.js";
import { replayCase } from "../replay-case.js";
import { gradientMagnitude, momentumBounds, roundedOperands, sumError, u } from "../rounding.js";
import { scalarVariants, stepScalars } from "../scalars.js";
import { checkStep, type StepItem, type StepSpec, stepItem } from "../step-item.js";
import { partitions } from "../subsets.js";
import { floats, valuesOf } from "../tensors.js";

interface SubspaceSpec extends StepSpec, Projection {
  readonly state: StateDType;
  readonly basis: StateDType;
  readonly precision?: Precision;
}

const absolute = ({ rows, cols, data }: Matrix) => matrix(rows, cols, data.map(Math.abs));

/** Magnitudes that add up to R and to the numerator, and at most so many roundings of each. */
function magnitudes({ spec, param, grad, oracleScalars }: StepItem, basis: Matrix, m: Matrix) {
  const { side, shape, precision } = spec as SubspaceSpec;
  const { mDecay, mGain, mScale } = oracleScalars;
  const gradient = matrix(...shape, gradientMagnitude(param, grad, oracleScalars));
  const projected = project(gradient, absolute(basis), side);
  const coordinates = combine(mScale * mDecay, absolute(m), mScale * mGain + 1, projected);
  const returned = back(coordinates, absolute(basis), side);
  const rounded = (depth: number) => roundedOperands(precision ?? "highest", depth) / u;
  const projection = 2 + rounded(basis.rows) + sumError(basis.rows) / u;
  return {
    projected: { magnitude: projected.data, roundings: projection },
    numerator: {
      magnitude: combine(1, gradient, 1, returned).data,
      roundings: projection + rounded(basis.cols) + sumError(basis.cols) / u + 6,
    },
  };
}

function subspaceItem(spec: SubspaceSpec): TestItem {
  const { shape, side, rank, state, seed } = spec;
  const item = stepItem(spec);
  const basis = basisOf(spec, spec.basis, seed + 4);
  const momentumShape = projectedShape(side, ...shape, rank);
  const values = noise(numel(momentumShape), seed + 3).map((x) => 0.05 * x);
  const expAvg = floats(state, momentumShape, values);
  const momentum = valuesOf(expAvg);
  const { param, grad, secondMoment, subsets, reduce, oracleScalars } = item;
  return {
    fields: {
      ...item.fields,
      expAvg,
      basis: basis.tensor,
      side,
      precision: spec.precision ?? "highest",
    },
    writes: item.writes,
    check(worst) {
      const input = { shape, side, basis: basis.values, param, grad, momentum };
      const exact = { ...input, secondMoment, subsets, reduce };
      // The gradient has no decay in it.
      const after = subspaceStep(exact, { ...oracleScalars, l2: 0 });
      const coordinates = matrix(...momentumShape, momentum);
      const { projected, numerator } = magnitudes(item, basis.values, coordinates);
      checkStep(worst, item, numerator, after);
      const left = valuesOf(expAvg);
      if (spec.scalars.dropMomentum) {
        worst.near("dropped expAvg", left, new Float64Array(left.length), 0);
      } else {
        const bounds = momentumBounds(momentum, projected, after.momentum, oracleScalars, state);
        worst.near("expAvg", left, after.momentum, bounds);
      }
    },
  };
}

/** Row panels hold whole rows, column panels whole columns; other sums are taken beforehand. */
function isGiven({ side }: Projection, partition: KernelPartition): boolean {
  if (partition === "none" || partition === "elementwise") return false;
  return partition !== (side === "right" ? "rows" : "columns");
}

const plain: SubspaceSpec = {
  shape: [53, 37],
  side: "right",
  rank: 17,
  types: { param: "float32", grad: "float32" },
  state: "float32",
  basis: "float32",
  partition: "rows",
  scalars: stepScalars(),
  momentGiven: false,
  mean: false,
  seed: 1,
};

const left = { side: "left", partition: "columns" } as const;

function mixture(
  { types, partition, precision }: Pick<SubspaceSpec, "types" | "partition" | "precision">,
  chosen: readonly Projection[] = projections,
): TestItem[] {
  return chosen.map((projection, i) =>
    subspaceItem({
      types,
      partition,
      ...projection,
      state: turn(stateTypes, i),
      basis: turn(stateTypes, i >> 1),
      scalars: turn(scalarVariants, i),
      momentGiven: isGiven(projection, partition) || i % 4 === 3,
      mean: i % 3 === 1,
      seed: 100 * i,
      ...(precision && { precision }),
    }),
  );
}

/** Several panels on either side, of ranks that no panel's size divides. */
const large: readonly Projection[] = [
  { shape: [601, 40], side: "right", rank: 19 },
  { shape: [40, 601], side: "left", rank: 19 },
  { shape: [300, 97], side: "right", rank: 67 },
  { shape: [97, 300], side: "left", rank: 64 },
];

const stochastic = { ...plain, shape: [64, 96], rank: 8, rounding: "stochastic" } as const;

/** Of whole octets, several tiles and stages deep: what is copied past the registers. */
const aligned: readonly Projection[] = [
  { shape: [144, 264], side: "left", rank: 40 },
  { shape: [264, 144], side: "right", rank: 136 },
];

export const cases = [
  ...weightTypes.flatMap((types) =>
    partitions.map((partition) =>
      kernelCase("subspaceStep", `${describeTypes(types)}, ${partition}`, () =>
        mixture({ types, partition }),
      ),
    ),
  ),
  ...weightTypes.flatMap((types) =>
    (["high", "medium"] as const).map((precision) =>
      kernelCase("subspaceStep", `${describeTypes(types)}, ${precision} precision`, () => [
        ...mixture({ types, partition: "elementwise", precision }),
        ...mixture({ types, partition: "rows", precision }, large),
        ...mixture({ types, partition: "columns", precision }, aligned),
      ]),
    ),
  ),
  ...partitions.map((partition) =>
    kernelCase("subspaceStep", `large weights, ${partition}`, () =>
      large.map((projection, i) => {
        const momentGiven = isGiven(projection, partition);
        return subspaceItem({ ...plain, ...projection, partition, momentGiven, seed: i });
      }),
    ),
  ),
  kernelCase("subspaceStep", "momentum that is dropped after use", () =>
    [plain, { ...plain, ...left }].flatMap((spec) =>
      stateTypes.map((state) =>
        subspaceItem({ ...spec, state, scalars: stepScalars({ dropMomentum: 1 }) }),
      ),
    ),
  ),
  kernelCase("subspaceStep", "coupled decay is not part of it", () =>
    [plain, { ...plain, ...left }].map((spec) =>
      subspaceItem({ ...spec, scalars: stepScalars({ l2: 0.5 }) }),
    ),
  ),
  kernelCase("subspaceStep", "a gradient of zeros", () =>
    [plain, { ...plain, ...left }].map((spec) => subspaceItem({ ...spec, blank: true })),
  ),
  kernelCase("subspaceStep", "weights without elements", () =>
    partitions.flatMap((partition) => mixture({ types: plain.types, partition }, emptyProjections)),
  ),
  kernelCase("subspaceStep", "idle items among others", () =>
    [plain, { ...plain, ...left }].flatMap((spec) => [
      subspaceItem(spec),
      untouched(subspaceItem({ ...spec, scalars: stepScalars({ active: 0 }) })),
      untouched(subspaceItem({ ...spec, scalars: stepScalars({ active: 0, dropMomentum: 1 }) })),
    ]),
  ),
  kernelCase("subspaceStep", "stochastic rounding", () =>
    weightTypes.flatMap((types) =>
      [stochastic, { ...stochastic, ...left }].map((spec, i) =>
        subspaceItem({ ...spec, types, seed: i }),
      ),
    ),
  ),
  replayCase("subspaceStep", "param", (key) =>
    subspaceItem({
      ...stochastic,
      shape: [16, 24],
      types: { param: "bfloat16", grad: "float32" },
      key,
    }),
  ),
];
