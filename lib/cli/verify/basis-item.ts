/** What the items of kernels that give a weight a new basis have in common. */

import { type Matrix, matrix, multiply, transpose } from "../../../test/oracle/matrix.js";
import { orthonormalityDefect } from "../../../test/oracle/orthonormal.js";
import {
  afterAdoption,
  afterRefusal,
  carriedOver,
  type OnRefresh,
} from "../../../test/oracle/refresh.js";
import { projectedDimension, projectedShape } from "../../../test/oracle/subspace.js";
import type { KernelTensor } from "../../run-kernel.js";
import { numel, type StateDType, type WeightDType } from "../../tensor.js";
import { basisOf, type Projection } from "./bases.js";
import { gradientTypes, stateTypes, turn } from "./choices.js";
import { noise } from "./noise.js";
import type { RandomKey } from "./replay-case.js";
import { sumError, u } from "./rounding.js";
import {
  counters,
  countersTensor,
  type KernelCounters,
  scalarsTensor,
  stepScalars,
} from "./scalars.js";
import { floats, int64s, storageError, unitRoundoff, valuesOf } from "./tensors.js";
import { bytesOf, type Worst } from "./worst.js";

export interface BasisSpec extends Projection {
  /** Elements by rows, to be rounded to `grad`. */
  readonly gradient: ArrayLike<number>;
  readonly grad: WeightDType;
  readonly basis: StateDType;
  readonly state: StateDType;
  readonly onRefresh: OnRefresh;
  /** 0: the weight has none yet. */
  readonly hasBasis: 0 | 1;
  readonly isDue?: boolean;
  readonly isActive?: boolean;
  /** With `refreshDelay`; `call` is that of the basis which waits, 0 where none does. */
  readonly waiting?: { readonly delay: number; readonly call: number };
  readonly key?: RandomKey;
  /** Of the item's numbers. */
  readonly seed: number;
}

/** A weight with a side that is compressed, in float32. */
export const usualSpec: Omit<BasisSpec, "gradient"> = {
  shape: [53, 37],
  side: "right",
  rank: 17,
  grad: "float32",
  basis: "float32",
  state: "float32",
  onRefresh: "restart",
  hasBasis: 1,
  seed: 1,
};

/** All kinds of types, and numbers of its own, for the item `i` among others. */
export function mixedTypes(i: number): Pick<BasisSpec, "grad" | "basis" | "state" | "seed"> {
  return {
    grad: turn(gradientTypes, i),
    basis: turn(stateTypes, i >> 1),
    state: turn(stateTypes, i),
    seed: 10 * i,
  };
}

export interface BasisItem {
  readonly spec: BasisSpec;
  readonly fields: {
    readonly grad: KernelTensor;
    readonly basis: KernelTensor;
    readonly expAvg: KernelTensor;
    readonly counters: KernelTensor;
    readonly scalars: KernelTensor;
    readonly side: string;
    readonly onRefresh: OnRefresh;
    readonly seed: number;
    readonly stream: number;
    readonly next?: KernelTensor;
    readonly nextCall?: KernelTensor;
    readonly refreshDelay?: number;
  };
  readonly writes: readonly string[];
  /** Values before the call. */
  readonly gradient: Matrix;
  readonly oldBasis: Matrix;
  readonly momentum: Matrix;
  readonly counters: KernelCounters;
  /** The bytes of what may have to stay as it is. */
  readonly before: { readonly basis: Buffer; readonly expAvg: Buffer; readonly next?: Buffer };
  /** The basis that waited. */
  readonly waited?: Matrix;
}

/** Where a random stream and its position come from. */
export const usualKey: RandomKey = { seed: 3, stream: 4, calls: 12 };
/** The call of the items. */
export const usualCall = usualKey.calls;

export function basisItem(spec: BasisSpec): BasisItem {
  const { shape, side, rank, hasBasis, onRefresh, key = usualKey, seed, waiting } = spec;
  const { isDue = true, isActive = true } = spec;
  const grad = floats(spec.grad, shape, spec.gradient);
  const old = basisOf(spec, spec.basis, seed + 1);
  const momentumShape = projectedShape(side, ...shape, rank);
  const values = noise(numel(momentumShape), seed + 2);
  const expAvg = floats(spec.state, momentumShape, hasBasis ? values : values.fill(0));
  const before = counters({ calls: key.calls, hasBasis, sinceBasis: hasBasis ? 5 : 0 });
  const next = waiting && basisOf(spec, spec.basis, seed + 3);
  return {
    spec,
    fields: {
      grad,
      basis: old.tensor,
      expAvg,
      counters: countersTensor(before),
      scalars: scalarsTensor(stepScalars({ active: +isActive, refresh: +isDue })),
      side,
      onRefresh,
      seed: key.seed,
      stream: key.stream,
      ...(next && {
        next: next.tensor,
        nextCall: int64s([waiting.call]),
        refreshDelay: waiting.delay,
      }),
    },
    writes: ["basis", "expAvg", "counters", ...(next ? ["next", "nextCall"] : [])],
    gradient: matrix(...shape, valuesOf(grad)),
    oldBasis: old.values,
    momentum: matrix(...momentumShape, valuesOf(expAvg)),
    counters: before,
    before: {
      basis: Buffer.from(bytesOf(old.tensor.data)),
      expAvg: Buffer.from(bytesOf(expAvg.data)),
      ...(next && { next: Buffer.from(bytesOf(next.tensor.data)) }),
    },
    waited: next?.values,
  };
}

/** Whether a basis that a call computes has to wait. */
function hasToWait({ waiting, hasBasis, isDue = true }: BasisSpec): boolean {
  return waiting !== undefined && hasBasis === 1 && isDue;
}

/** The basis that a call has computed. */
export function newBasis({ spec, fields }: BasisItem): Matrix {
  const dimension = projectedDimension(spec.side, ...spec.shape);
  const { basis, next = basis } = fields;
  return matrix(dimension, spec.rank, valuesOf(hasToWait(spec) ? next : basis));
}

/**
 * How far stored columns may be from orthonormal: in PᵀP each rounding of P counts twice, and
 * ‖PᵀP − I‖ / √r of r² such entries is √r times as much.
 */
export function orthonormalityBound({ basis, rank }: BasisSpec): number {
  return (2 * Math.sqrt(rank) + 2) * unitRoundoff(basis);
}

export function checkOrthonormal(worst: Worst, item: BasisItem): void {
  const defect = orthonormalityDefect(newBasis(item));
  worst.near("‖PᵀP − I‖ / √r", [defect], [0], orthonormalityBound(item.spec));
}

/** After a new basis that has to wait: what else there is stays as it is. */
function checkWaits(worst: Worst, { fields, before, counters: counted }: BasisItem): void {
  worst.same("counters", fields.counters.data, countersTensor(counted).data);
  worst.same("basis", fields.basis.data, before.basis);
  worst.same("expAvg", fields.expAvg.data, before.expAvg);
  worst.same("nextCall", (fields.nextCall as KernelTensor).data, int64s([counted.calls]).data);
}

/** After a call in which the basis that waited was adopted, and none was computed. */
export function checkRipe(worst: Worst, item: BasisItem): void {
  checkReplaced(worst, item, item.waited as Matrix);
  worst.same("basis", item.fields.basis.data, item.before.next as Buffer);
  worst.same("nextCall", (item.fields.nextCall as KernelTensor).data, int64s([0]).data);
}

/** After a new basis: counters, and the momentum as the policy has it. */
export function checkAdopted(worst: Worst, item: BasisItem): void {
  if (hasToWait(item.spec)) {
    checkWaits(worst, item);
    return;
  }
  checkReplaced(worst, item, newBasis(item));
  const { next, nextCall } = item.fields;
  if (next === undefined || nextCall === undefined) return;
  worst.same("next", next.data, item.before.next as Buffer);
  worst.same("nextCall", nextCall.data, int64s([0]).data);
}

function checkReplaced(worst: Worst, item: BasisItem, to: Matrix): void {
  const { spec, fields, before } = item;
  const expected = countersTensor({
    ...item.counters,
    ...afterAdoption(item.counters, spec.onRefresh),
  });
  worst.same("counters", fields.counters.data, expected.data);
  const isRotated = spec.onRefresh === "rotate";
  if (spec.hasBasis === 0 || spec.onRefresh === "keep" || spec.onRefresh === "published") {
    worst.same("expAvg", fields.expAvg.data, before.expAvg);
    return;
  }
  const bases = { from: item.oldBasis, to };
  const carried = carriedOver(item.momentum, bases, spec.side, spec.onRefresh);
  const bounds = isRotated ? rotationBounds(item, bases.to, carried) : 0;
  worst.near("expAvg", valuesOf(fields.expAvg), carried.data, bounds);
}

/** Of M·(PᵀP′): two sums of products, of a basis that may not have been rounded yet. */
function rotationBounds({ spec, oldBasis, momentum }: BasisItem, basis: Matrix, carried: Matrix) {
  const transfer = multiply(transpose(absolute(oldBasis)), absolute(basis));
  const magnitude =
    spec.side === "right"
      ? multiply(absolute(momentum), transfer)
      : multiply(transpose(transfer), absolute(momentum));
  const relative = sumError(basis.rows) + sumError(basis.cols) + unitRoundoff(spec.basis) + 4 * u;
  return carried.data.map((m, i) => relative * magnitude.data[i] + storageError(spec.state, m));
}

function absolute({ rows, cols, data }: Matrix): Matrix {
  return matrix(rows, cols, data.map(Math.abs));
}

/** After a refusal: the old basis to the bit, or orthonormal columns where there was none. */
export function checkRefused(worst: Worst, item: BasisItem): void {
  const { spec, fields, before, counters: counted } = item;
  const expected = countersTensor({ ...counted, ...afterRefusal(counted) });
  worst.same("counters", fields.counters.data, expected.data);
  worst.same("expAvg", fields.expAvg.data, before.expAvg);
  if (spec.hasBasis) worst.same("basis", fields.basis.data, before.basis);
  else checkOrthonormal(worst, item);
}

/** A gradient without elements may count as one that is not there or as zero: no basis comes of it. */
export function checkLeftOrRefused(worst: Worst, item: BasisItem): void {
  const { fields, before, counters: counted } = item;
  if (bytesOf(fields.counters.data).equals(bytesOf(countersTensor(counted).data))) {
    worst.same("basis", fields.basis.data, before.basis);
    worst.same("expAvg", fields.expAvg.data, before.expAvg);
  } else {
    checkRefused(worst, item);
  }
}

/** Gradients that no basis can be had from. */
export function uselessGradients(count: number): Float64Array[] {
  const broken = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => {
    const gradient = noise(count, 1);
    gradient[count - 1] = value;
    return gradient;
  });
  return [new Float64Array(count), ...broken];
}
