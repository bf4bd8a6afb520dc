/**
 * LDAdam (Robert, Safaryan, Modoranu, Alistarh, arXiv 2410.16103, algorithm 1), as it is written
 * there: for a subspace of the columns, with the matrix that the basis follows formed. A subspace of
 * the rows is the same of the transposes.
 */
import {
  combine,
  householderQR,
  type Matrix,
  matrix,
  multiply,
  subtract,
  transpose,
} from "./matrix.js";
import { applyUpdate, biasCorrection } from "./moments.js";
import type { StepScalars } from "./step-scalars.js";
import { exactBasis, projectedShape, type Side } from "./subspace.js";

export interface LdadamSettings {
  readonly beta1: number;
  readonly beta2: number;
  /** Share of the momentum in what the basis follows. */
  readonly rho: number;
}

/** One m × n parameter and its state before a step. */
export interface LdadamInput {
  readonly shape: readonly [rows: number, cols: number];
  readonly side: Side;
  readonly param: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
  /** k × r; the first step takes it as it is. */
  readonly basis: Matrix;
  /** r × n (left) or m × r (right), and the second moment alike. */
  readonly momentum: ArrayLike<number>;
  readonly secondMoment: ArrayLike<number>;
  /** null: no error feedback. */
  readonly error: ArrayLike<number> | null;
  /** This one included. */
  readonly updates: number;
}

export interface LdadamResult {
  readonly param: Float64Array;
  readonly momentum: Float64Array;
  readonly secondMoment: Float64Array;
  readonly error: Float64Array | null;
}

/** An input with its matrices, so turned that the subspace is one of columns. */
export interface Turned {
  /** G + e, k × others. */
  readonly target: Matrix;
  readonly m: Matrix;
  readonly v: Matrix;
  readonly turn: (x: Matrix) => Matrix;
}

const square = (x: Matrix) =>
  matrix(
    x.rows,
    x.cols,
    x.data.map((value) => value * value),
  );

export function turned(input: LdadamInput, { gradFactor }: StepScalars): Turned {
  const { shape, side, grad, error, basis } = input;
  const turn = side === "right" ? transpose : (x: Matrix) => x;
  const coordinates = projectedShape(side, ...shape, basis.cols);
  const sum = Float64Array.from(grad, (g, i) => gradFactor * g + (error?.[i] ?? 0));
  return {
    target: turn(matrix(...shape, sum)),
    m: turn(matrix(...coordinates, input.momentum)),
    v: turn(matrix(...coordinates, input.secondMoment)),
    turn,
  };
}

/** B = rho·P·m̂ + (1 − rho)·A, which the new basis follows. */
export function followed(
  { basis, updates }: LdadamInput,
  { target, m }: Turned,
  { beta1, rho }: LdadamSettings,
): Matrix {
  const correction = updates > 1 ? biasCorrection(beta1, updates - 1) : 1;
  return combine(rho / correction, multiply(basis, m), 1 - rho, target);
}

/** P′ = orth(B·(Bᵀ·P)), unique but for signs of columns; and B·(Bᵀ·P). */
export function powerStep(b: Matrix, basis: Matrix): { readonly q: Matrix; readonly y: Matrix } {
  const y = multiply(b, multiply(transpose(b), basis));
  return { q: householderQR(y).q, y };
}

/** The basis that a step finds from its input; the first takes what it is given. */
export function nextBasis(
  input: LdadamInput,
  scalars: StepScalars,
  settings: LdadamSettings,
): Matrix {
  if (input.updates === 1) return input.basis;
  return powerStep(followed(input, turned(input, scalars), settings), input.basis).q;
}

/** The same by a singular value decomposition of B, as the published method `svd` has it. */
export function nextSingularBasis(
  input: LdadamInput,
  scalars: StepScalars,
  settings: LdadamSettings,
): Matrix {
  const b = followed(input, turned(input, scalars), settings);
  return exactBasis(b, input.basis.cols, "left");
}

/** A step in the new basis `next`. */
export function ldadamStep(
  input: LdadamInput,
  next: Matrix,
  scalars: StepScalars,
  settings: LdadamSettings,
): LdadamResult {
  const { param, basis, updates, error } = input;
  const { beta1, beta2 } = settings;
  const { mDecay, mGain, mScale, vDecay, vGain, vScale, eps } = scalars;
  const { target, m, v, turn } = turned(input, scalars);
  const isFirst = updates === 1;

  const g = multiply(transpose(next), target);
  const transfer = multiply(transpose(next), basis);
  const carried = multiply(transfer, m);
  const bc1 = isFirst ? 1 : biasCorrection(beta1, updates - 1);
  const bc2 = isFirst ? 1 : biasCorrection(beta2, updates - 1);
  const variance = combine(1 / bc2, v, -1 / bc1 ** 2, square(m));
  const carriedVariance = multiply(square(transfer), variance);
  const sum = combine(1, carriedVariance, 1 / bc1 ** 2, square(carried));
  const carriedSecond = matrix(
    sum.rows,
    sum.cols,
    sum.data.map((x) => bc2 * Math.abs(x)),
  );

  const momentum = combine(mDecay, carried, mGain, g);
  const secondMoment = combine(vDecay, carriedSecond, vGain, square(g));
  const direction = matrix(
    g.rows,
    g.cols,
    momentum.data.map((x, i) => (mScale * x) / (Math.sqrt(secondMoment.data[i]) * vScale + eps)),
  );
  const update = turn(multiply(next, direction)).data;
  const ones = new Float64Array(update.length).fill(1);

  const kappa = beta1 / (1 - beta1);
  const lost = subtract(target, multiply(next, g));
  const turnedAway = subtract(multiply(basis, m), multiply(next, carried));
  return {
    param: applyUpdate(param, update, ones, scalars),
    momentum: turn(momentum).data,
    secondMoment: turn(secondMoment).data,
    error: error === null ? null : turn(combine(1, lost, kappa, turnedAway)).data,
  };
}
