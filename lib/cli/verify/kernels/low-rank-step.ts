import {
  type Direction,
  type LowRankStepInput,
  lowRankStep,
} from "../../../../test/oracle/low-rank-step.js";
import { projectedShape } from "../../../../test/oracle/subspace.js";
import type { Precision } from "../../../optimizer-options.js";
import { numel, type StateDType } from "../../../tensor.js";
import { basisOf, emptyProjections, type Projection, projections } from "../bases.js";
import { describeTypes, stateTypes, turn, weightTypes } from "../choices.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import { lowRankBounds } from "../low-rank-bounds.js";
import { noise } from "../noise.js";
import { replayCase } from "../replay-case.js";
import { scalarVariants, stepScalars } from "../scalars.js";
import { checkWeights, type StepSpec, stepItem } from "../step-item.js";
import { floats, storageError, valuesOf } from "../tensors.js";

interface LowRankSpec extends Omit<StepSpec, "partition" | "momentGiven" | "mean">, Projection {
  readonly state: StateDType;
  readonly basis: StateDType;
  readonly direction: Direction;
  readonly wholeNorm?: boolean;
  readonly twoSided?: boolean;
  readonly scale?: number;
  readonly maxGrowth?: number;
  /** Under maxGrowth, 0 for none yet. */
  readonly lastNorm?: number;
  readonly precision?: Precision;
}

function lowRankItem(spec: LowRankSpec): TestItem {
  const {
    shape,
    side,
    rank,
    state,
    seed,
    direction,
    wholeNorm,
    maxGrowth = 0,
    scale = 0.25,
  } = spec;
  const { precision = "highest", scalars, blank } = spec;
  const item = stepItem({ ...spec, partition: "none", momentGiven: false, mean: false });
  const { partition, block, momentGiven, mean, expAvgSq: _, ...fields } = item.fields;
  const basis = basisOf(spec, spec.basis, seed + 4);
  const left = spec.twoSided ? basisOf({ ...spec, side: "left" }, spec.basis, seed + 5) : null;
  const momentShape = left === null ? projectedShape(side, ...shape, rank) : [rank, rank];
  const count = numel(momentShape);
  const values = noise(count, seed + 3).map((x) => (blank ? 0 : 0.05 * x));
  const expAvg = floats(state, momentShape, values);
  const moments = noise(count, seed + 6).map((x) => (blank ? 0 : 0.01 * x * x + 1e-4));
  const expAvgSq = floats("float32", momentShape, moments);
  const lastNorm = maxGrowth > 0 ? floats("float32", [1], [spec.lastNorm ?? 0]) : undefined;
  const input: LowRankStepInput = {
    shape,
    side,
    param: item.param,
    grad: item.grad,
    basis: basis.values,
    leftBasis: left?.values,
    momentum: valuesOf(expAvg),
    secondMoment: valuesOf(expAvgSq),
    direction,
    wholeNorm,
    scale,
    maxGrowth,
    lastNorm: lastNorm && valuesOf(lastNorm)[0],
  };
  return {
    fields: {
      ...fields,
      expAvg,
      expAvgSq,
      basis: basis.tensor,
      leftBasis: left?.tensor,
      lastNorm,
      side,
      direction,
      wholeNorm: wholeNorm ?? false,
      scale,
      maxGrowth,
      precision,
    },
    writes: ["param", "expAvg", "expAvgSq", "lastNorm"],
    check(worst) {
      // The gradient has no decay in it.
      const exact = { ...scalars, l2: 0 };
      const after = lowRankStep(input, exact);
      const bounds = lowRankBounds(input, exact, after, precision);
      checkWeights(worst, item, after.param, bounds.param);
      const stored = bounds.momentum.map((b, i) => b + storageError(state, after.momentum[i]));
      worst.near("expAvg", valuesOf(expAvg), after.momentum, stored);
      worst.near("expAvgSq", valuesOf(expAvgSq), after.secondMoment, bounds.secondMoment);
      if (lastNorm === undefined || item.param.length === 0) return;
      worst.near("lastNorm", valuesOf(lastNorm), [after.lastNorm], bounds.lastNorm);
    },
  };
}

const plain: LowRankSpec = {
  shape: [53, 37],
  side: "right",
  rank: 17,
  types: { param: "float32", grad: "float32" },
  state: "float32",
  basis: "float32",
  scalars: stepScalars(),
  direction: "subspace",
  seed: 1,
};

const sides = [{}, { side: "left" }, { twoSided: true }] as const;

/** What the published optimizers ask for. */
const kinds: readonly (Partial<LowRankSpec> & { readonly kind: string })[] = [
  { kind: "in the subspace", direction: "subspace" },
  { kind: "on either side", direction: "subspace", twoSided: true },
  { kind: "with the residual", direction: "residual" },
  { kind: "with a residual that grows", direction: "residual", maxGrowth: 1.01 },
  { kind: "along the gradient", direction: "gradient", maxGrowth: 1.01, scale: 2 },
  { kind: "by one factor", direction: "gradient", wholeNorm: true, maxGrowth: 1.01 },
  { kind: "by one factor, with the residual", direction: "residual", wholeNorm: true },
];

function isPossible({ shape, side, rank }: Projection, twoSided = false): boolean {
  return !twoSided || (side === "right" && rank <= Math.min(...shape));
}

function mixture(
  spec: Pick<LowRankSpec, "types"> & Partial<LowRankSpec>,
  chosen: readonly Projection[] = projections,
): TestItem[] {
  return chosen
    .filter((projection) => isPossible(projection, spec.twoSided))
    .map((projection, i) =>
      lowRankItem({
        ...plain,
        ...projection,
        state: turn(stateTypes, i),
        basis: turn(stateTypes, i >> 1),
        scalars: turn(scalarVariants, i),
        lastNorm: turn([0, 0.01, 1e3, 0.5], i),
        seed: 100 * i,
        ...spec,
      }),
    );
}

/** Several panels and tiles on either side, of ranks that none of their sizes divides. */
const large: readonly Projection[] = [
  { shape: [601, 40], side: "right", rank: 19 },
  { shape: [40, 601], side: "left", rank: 19 },
  { shape: [300, 157], side: "right", rank: 137 },
  { shape: [157, 300], side: "left", rank: 134 },
];

const stochastic = { ...plain, shape: [64, 96], rank: 8, rounding: "stochastic" } as const;

export const cases = [
  ...weightTypes.flatMap((types) =>
    kinds.map(({ kind, ...spec }) =>
      kernelCase("lowRankStep", `${describeTypes(types)}, ${kind}`, () =>
        mixture({ types, ...spec }),
      ),
    ),
  ),
  ...weightTypes.flatMap((types) =>
    (["high", "medium"] as const).map((precision) =>
      kernelCase("lowRankStep", `${describeTypes(types)}, ${precision} precision`, () =>
        kinds.flatMap(({ kind, ...spec }, i) =>
          mixture({ types, precision, ...spec }, [turn(large, spec.twoSided ? 0 : i)]),
        ),
      ),
    ),
  ),
  ...kinds.map(({ kind, ...spec }) =>
    kernelCase("lowRankStep", `large weights, ${kind}`, () =>
      mixture({ types: plain.types, ...spec }, large),
    ),
  ),
  kernelCase("lowRankStep", "coupled decay is not part of it", () =>
    sides.map((side) => lowRankItem({ ...plain, ...side, scalars: stepScalars({ l2: 0.5 }) })),
  ),
  kernelCase("lowRankStep", "a gradient of zeros", () =>
    kinds.flatMap((kind) => mixture({ types: plain.types, ...kind, blank: true })),
  ),
  kernelCase("lowRankStep", "weights without elements", () =>
    kinds.flatMap((kind) => mixture({ types: plain.types, ...kind }, emptyProjections)),
  ),
  kernelCase("lowRankStep", "idle items among others", () =>
    kinds.flatMap((kind) => [
      lowRankItem({ ...plain, ...kind }),
      untouched(lowRankItem({ ...plain, ...kind, scalars: stepScalars({ active: 0 }) })),
      withoutGradient(lowRankItem({ ...plain, ...kind })),
    ]),
  ),
  kernelCase("lowRankStep", "stochastic rounding", () =>
    weightTypes.flatMap((types) =>
      kinds.map((kind, i) => lowRankItem({ ...stochastic, ...kind, types, seed: i })),
    ),
  ),
  replayCase("lowRankStep", "param", (key) =>
    lowRankItem({
      ...stochastic,
      shape: [16, 24],
      types: { param: "bfloat16", grad: "float32" },
      key,
    }),
  ),
];
