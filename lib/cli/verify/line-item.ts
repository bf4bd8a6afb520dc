/** What the items of kernels that choose lines of a weight have in common. */

import { carriedLines } from "../../../test/oracle/carried-lines.js";
import { type Matrix, matrix } from "../../../test/oracle/matrix.js";
import { afterAdoption, afterRefusal, type OnRefresh } from "../../../test/oracle/refresh.js";
import { projectedDimension, projectedShape } from "../../../test/oracle/subspace.js";
import type { KernelTensor } from "../../run-kernel.js";
import { numel, type StateDType, type WeightDType } from "../../tensor.js";
import type { Projection } from "./bases.js";
import { someLines } from "./lines.js";
import { noise } from "./noise.js";
import type { RandomKey } from "./replay-case.js";
import {
  counters,
  countersTensor,
  type KernelCounters,
  scalarsTensor,
  stepScalars,
} from "./scalars.js";
import { floats, int32s, valuesOf } from "./tensors.js";
import { bytesOf, type Worst } from "./worst.js";

/** The side `left` keeps rows, `right` columns. */
export interface LineSpec extends Projection {
  /** Elements by rows, to be rounded to `grad`. */
  readonly gradient: ArrayLike<number>;
  readonly grad: WeightDType;
  readonly state: StateDType;
  readonly onRefresh: OnRefresh;
  /** 0: the weight has no lines yet. */
  readonly hasBasis: 0 | 1;
  readonly isDue?: boolean;
  readonly key?: RandomKey;
  /** Of the item's numbers. */
  readonly seed: number;
}

export interface LineItem {
  readonly spec: LineSpec;
  readonly fields: {
    readonly grad: KernelTensor;
    readonly index: KernelTensor;
    readonly expAvg: KernelTensor;
    readonly counters: KernelTensor;
    readonly scalars: KernelTensor;
    readonly axis: "rows" | "columns";
    readonly onRefresh: OnRefresh;
    readonly seed: number;
    readonly stream: number;
  };
  readonly writes: readonly string[];
  /** How many lines there are to choose from. */
  readonly limit: number;
  /** Values before the call. */
  readonly gradient: Matrix;
  readonly oldLines: readonly number[];
  readonly momentum: Float64Array;
  readonly counters: KernelCounters;
  readonly expAvgBefore: Buffer;
}

export const usualKey: RandomKey = { seed: 3, stream: 4, calls: 12 };

export function lineItem(spec: LineSpec): LineItem {
  const { shape, side, rank, hasBasis, onRefresh, isDue = true, key = usualKey, seed } = spec;
  const limit = projectedDimension(side, ...shape);
  const oldLines = hasBasis ? someLines(limit, rank, seed + 1) : new Array(rank).fill(0);
  const momentumShape = projectedShape(side, ...shape, rank);
  const values = noise(numel(momentumShape), seed + 2);
  const expAvg = floats(spec.state, momentumShape, hasBasis ? values : values.fill(0));
  const before = counters({ calls: key.calls, hasBasis, sinceBasis: hasBasis ? 5 : 0 });
  const grad = floats(spec.grad, shape, spec.gradient);
  return {
    spec,
    fields: {
      grad,
      index: int32s(oldLines),
      expAvg,
      counters: countersTensor(before),
      scalars: scalarsTensor(stepScalars({ refresh: isDue ? 1 : 0 })),
      axis: side === "left" ? "rows" : "columns",
      onRefresh,
      seed: key.seed,
      stream: key.stream,
    },
    writes: ["index", "expAvg", "counters"],
    limit,
    gradient: matrix(...shape, valuesOf(grad)),
    oldLines,
    momentum: valuesOf(expAvg),
    counters: before,
    expAvgBefore: Buffer.from(bytesOf(expAvg.data)),
  };
}

/** The lines that a call has left. */
export function newLines({ fields }: LineItem): number[] {
  return [...valuesOf(fields.index)];
}

/** After new lines: counters, and the momentum as the policy has it. */
export function checkAdopted(worst: Worst, item: LineItem): void {
  const { spec, fields, expAvgBefore, momentum, oldLines } = item;
  const after = afterAdoption(item.counters, spec.onRefresh);
  worst.same("counters", fields.counters.data, countersTensor({ ...item.counters, ...after }).data);
  if (spec.hasBasis && spec.onRefresh === "restart") {
    worst.near("expAvg", valuesOf(fields.expAvg), new Float64Array(momentum.length), 0);
  } else if (spec.hasBasis && spec.onRefresh === "rotate") {
    const carried = carriedLines(momentum, oldLines, newLines(item), fields.axis);
    worst.near("expAvg", valuesOf(fields.expAvg), carried, 0);
  } else {
    worst.same("expAvg", fields.expAvg.data, expAvgBefore);
  }
}

/** A gradient without elements may count as one that is not there or as zero: no lines come of it. */
export function checkLeftOrRefused(worst: Worst, item: LineItem): void {
  const { fields, expAvgBefore, counters: counted, oldLines } = item;
  if (bytesOf(fields.counters.data).equals(bytesOf(countersTensor(counted).data))) {
    worst.near("index", newLines(item), oldLines, 0);
    worst.same("expAvg", fields.expAvg.data, expAvgBefore);
  } else {
    checkRefused(worst, item);
  }
}

/** After a refusal: the old lines, or the first ones where there were none. */
export function checkRefused(worst: Worst, item: LineItem): void {
  const { spec, fields, expAvgBefore, counters: counted, oldLines } = item;
  const after = afterRefusal(counted);
  worst.same("counters", fields.counters.data, countersTensor({ ...counted, ...after }).data);
  worst.same("expAvg", fields.expAvg.data, expAvgBefore);
  const kept = spec.hasBasis ? oldLines : [...oldLines.keys()];
  worst.near("index", newLines(item), kept, 0);
}
