/** What the items of kernels that step weights have in common. */

import type { StepResult } from "../../../test/oracle/moments.js";
import type { Partition, Reduce } from "../../../test/oracle/partition.js";
import type { KernelPartition } from "../../parts/part.js";
import type { KernelTensor } from "../../run-kernel.js";
import { numel } from "../../tensor.js";
import type { WeightTypes } from "./choices.js";
import { noise } from "./noise.js";
import type { RandomKey } from "./replay-case.js";
import { gradientMagnitude, type StepForBounds, stepBounds } from "./rounding.js";
import { counters, countersTensor, type KernelScalars, scalarsTensor } from "./scalars.js";
import type { MatrixShape } from "./shapes.js";
import { checkStochastic } from "./stochastic-rounding.js";
import { blockOf, subsetCount, subsetsOf } from "./subsets.js";
import { floats, storageError, valuesOf } from "./tensors.js";
import type { Worst } from "./worst.js";

export interface StepSpec {
  readonly shape: MatrixShape;
  readonly types: WeightTypes;
  readonly partition: KernelPartition;
  readonly scalars: KernelScalars;
  /** The second moment was brought up to date beforehand. */
  readonly momentGiven: boolean;
  readonly mean: boolean;
  /** Gradient and second moment are zero, as of embeddings that no batch has named yet. */
  readonly blank?: boolean;
  readonly rounding?: "nearest" | "stochastic";
  /** What stochastic rounding is a function of. */
  readonly key?: RandomKey;
  /** Of the item's numbers. */
  readonly seed: number;
}

/** The part of a step's item that does not depend on its momentum. */
export interface StepItem {
  readonly spec: StepSpec;
  /** Fields of the kernel's item. */
  readonly fields: {
    readonly param: KernelTensor;
    readonly grad: KernelTensor;
    readonly expAvgSq: KernelTensor | undefined;
    readonly scalars: KernelTensor;
    readonly counters: KernelTensor;
    readonly partition: KernelPartition;
    readonly block: number;
    readonly momentGiven: boolean;
    readonly mean: boolean;
    readonly rounding: "nearest" | "stochastic";
    readonly seed: number;
    readonly stream: number;
  };
  /** What a step changes, with a momentum's field. */
  readonly writes: readonly string[];
  /** Values of the tensors before the step. */
  readonly param: Float64Array;
  readonly grad: Float64Array;
  readonly secondMoment: Float64Array | null;
  readonly subsets: Partition;
  readonly reduce: Reduce;
  /** For the oracle: with moments that are given, they stay as they are. */
  readonly oracleScalars: KernelScalars;
}

export function stepItem(spec: StepSpec): StepItem {
  const { shape, types, scalars, momentGiven, mean, blank, rounding = "nearest", seed } = spec;
  const key = spec.key ?? { seed: 1, stream: 2, calls: 12 };
  const count = numel(shape);
  const kernelPartition = spec.partition;
  const param = floats(
    types.param,
    shape,
    noise(count, seed).map((x) => 0.5 * x),
  );
  const grad = floats(
    types.grad,
    shape,
    noise(count, seed + 1).map((x) => (blank ? 0 : 0.1 * x)),
  );
  const moments = noise(subsetCount(shape, kernelPartition), seed + 2);
  const expAvgSq =
    kernelPartition === "none"
      ? undefined
      : floats(
          "float32",
          [moments.length],
          moments.map((x) => (blank ? 0 : 0.01 * x * x + 1e-4)),
        );
  return {
    spec,
    fields: {
      param,
      grad,
      expAvgSq,
      scalars: scalarsTensor(scalars),
      counters: countersTensor(counters({ calls: key.calls })),
      partition: kernelPartition,
      block: blockOf(kernelPartition),
      momentGiven,
      mean,
      rounding,
      seed: key.seed,
      stream: key.stream,
    },
    writes: ["param", "expAvg", "expAvgSq"],
    param: valuesOf(param),
    grad: valuesOf(grad),
    secondMoment: expAvgSq === undefined ? null : valuesOf(expAvgSq),
    subsets: subsetsOf(shape, kernelPartition),
    reduce: mean ? "mean" : "sum",
    oracleScalars: momentGiven ? { ...scalars, vDecay: 1, vGain: 0 } : scalars,
  };
}

/** Compares weights with the oracle's; `bounds` are of the weights before they are stored. */
export function checkWeights(
  worst: Worst,
  { spec, fields }: Pick<StepItem, "spec" | "fields">,
  expected: Float64Array,
  bounds: Float64Array,
): void {
  const { param } = spec.types;
  const actual = valuesOf(fields.param);
  if (fields.rounding === "stochastic" && param === "bfloat16") {
    checkStochastic(worst, actual, expected, bounds);
  } else {
    const stored = bounds.map((bound, i) => bound + storageError(param, expected[i]));
    worst.near("param", actual, expected, stored);
  }
}

/** Compares weights and second moments with the oracle's, given what the numerator is made of. */
export function checkStep(
  worst: Worst,
  item: StepItem,
  numerator: StepForBounds["numerator"],
  after: StepResult,
): void {
  const { spec, fields, param, grad, secondMoment, subsets, reduce, oracleScalars } = item;
  const { momentGiven } = spec;
  const gradient = gradientMagnitude(param, grad, oracleScalars);
  const bounds = stepBounds({
    param,
    gradient,
    numerator,
    secondMoment,
    momentGiven,
    subsets,
    reduce,
    scalars: oracleScalars,
    after,
  });
  checkWeights(worst, item, after.param, bounds.param);
  // A weight without elements has no sums, and its moments are nobody's.
  if (fields.expAvgSq === undefined || after.param.length === 0) return;
  worst.near(
    "expAvgSq",
    valuesOf(fields.expAvgSq),
    after.secondMoment ?? [],
    bounds.secondMoment ?? 0,
  );
}
