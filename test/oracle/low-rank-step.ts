import { combine, type Matrix, matrix, multiply, transpose } from "./matrix.js";
import { accumulate, applyUpdate, effectiveGradient, type StepResult } from "./moments.js";
import type { StepScalars } from "./step-scalars.js";
import { back, project, type Side } from "./subspace.js";

/** Where a step goes beside N: nowhere, along the residual of the projection, or along the gradient. */
export type Direction = "subspace" | "residual" | "gradient";

/** One m × n parameter and its states before a step. */
export interface LowRankStepInput {
  readonly shape: readonly [rows: number, cols: number];
  readonly param: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
  readonly side: Side;
  /** n × r (right) or m × r (left). */
  readonly basis: Matrix;
  /** m × r, beside a right one. */
  readonly leftBasis?: Matrix | null;
  /** Of proj(G)'s shape, as is the second moment. */
  readonly momentum: ArrayLike<number>;
  readonly secondMoment: ArrayLike<number>;
  readonly direction: Direction;
  /** One factor for the whole weight rather than one for each line. Default false. */
  readonly wholeNorm?: boolean;
  /** Default 1. */
  readonly scale?: number;
  /** 0, the default: no limit. */
  readonly maxGrowth?: number;
  /** 0: none yet. */
  readonly lastNorm?: number;
}

export interface LowRankStepResult extends StepResult {
  readonly momentum: Float64Array;
  readonly secondMoment: Float64Array;
  readonly lastNorm: number;
  /** R, N, f of every line, l, and what the weights are stepped along, for error bounds. */
  readonly projection: Matrix;
  readonly coordinates: Matrix;
  readonly factors: Float64Array;
  readonly limit: number;
  readonly numerator: Float64Array;
}

/** proj(G), also with a basis on either side: Aᵀ·G·B. */
export function projectBoth(g: Matrix, basis: Matrix, side: Side, leftBasis?: Matrix | null) {
  const one = project(g, basis, side);
  return leftBasis ? multiply(transpose(leftBasis), one) : one;
}

/** back(X), also with a basis on either side: A·X·Bᵀ. */
export function backBoth(x: Matrix, basis: Matrix, side: Side, leftBasis?: Matrix | null) {
  return back(leftBasis ? multiply(leftBasis, x) : x, basis, side);
}

/**
 * One step of Adam in the coordinates of a basis: GaLore (Zhao et al. 2024, Algorithm 2), Fira (Chen
 * et al. 2024, equations 4 to 9) and APOLLO (Zhu et al. 2024, Algorithm 1).
 *
 *     R = proj(g)     M ← mDecay·M + mGain·R     V ← vDecay·V + vGain·R²
 *     N = mScale·M / (√V·vScale + eps)           f_j = ‖N_j‖ / (‖R_j‖ + 1e-8)
 *     D = back(N), back(N) + l·f·(g − back(R)), or l·f·g
 *
 * with f of a line's norms, or of the whole's; l = min(1, maxGrowth·last / x), x the norm of what l
 * multiplies (of the residual by Pythagoras), and W ← W − scale·stepSize·D as in {@link StepScalars}.
 */
export function lowRankStep(input: LowRankStepInput, scalars: StepScalars): LowRankStepResult {
  const { shape, param, side, basis, leftBasis, direction, scale = 1 } = input;
  const { maxGrowth = 0, lastNorm = 0 } = input;
  const g = matrix(...shape, effectiveGradient(param, input.grad, scalars));
  const projection = projectBoth(g, basis, side, leftBasis);
  const { mDecay, mGain, mScale, vDecay, vGain, vScale, eps } = scalars;
  const momentum = accumulate(input.momentum, projection.data, { decay: mDecay, gain: mGain });
  const squares = projection.data.map((x) => x * x);
  const secondMoment = accumulate(input.secondMoment, squares, { decay: vDecay, gain: vGain });
  const coordinates = matrix(
    projection.rows,
    projection.cols,
    momentum.map((m, i) => (mScale * m) / (Math.sqrt(secondMoment[i]) * vScale + eps)),
  );

  const ofLines = (x: Matrix) => lineSquares(x, side);
  const [n2, r2, g2] = [ofLines(coordinates), ofLines(projection), ofLines(g)];
  const whole = ratio(sum(n2), sum(r2));
  const factors = n2.map((n, j) => (input.wholeNorm ? whole : ratio(n, r2[j])));
  const outside = g2.map((x, j) => (direction === "gradient" ? x : Math.max(0, x - r2[j])));
  const x = Math.sqrt(sum(outside.map((e, j) => factors[j] ** 2 * e)));
  const isLimited = maxGrowth > 0 && lastNorm > 0 && x > maxGrowth * lastNorm;
  const limit = isLimited ? (maxGrowth * lastNorm) / x : 1;

  const returned = backBoth(coordinates, basis, side, leftBasis);
  const scaled = (m: Matrix) => scaleLines(m, side, (j) => limit * factors[j]);
  const outer = () => combine(1, g, -1, backBoth(projection, basis, side, leftBasis));
  const numerator = {
    subspace: () => returned,
    residual: () => combine(1, returned, 1, scaled(outer())),
    gradient: () => scaled(g),
  }[direction]().data;
  const stepped = { ...scalars, stepSize: scale * scalars.stepSize };
  return {
    param: applyUpdate(param, numerator, new Float64Array(g.data.length).fill(1), stepped),
    momentum,
    secondMoment,
    lastNorm: maxGrowth > 0 && direction !== "subspace" ? limit * x : lastNorm,
    projection,
    coordinates,
    factors,
    limit,
    numerator,
  };
}

/** The square of each line that a projection on this side keeps: rows (right) or columns (left). */
export function lineSquares({ rows, cols, data }: Matrix, side: Side): Float64Array {
  const squares = new Float64Array(side === "right" ? rows : cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) squares[side === "right" ? i : j] += data[i * cols + j] ** 2;
  }
  return squares;
}

/** Each of those lines times its factor. */
export function scaleLines(x: Matrix, side: Side, factor: (line: number) => number): Matrix {
  const { rows, cols, data } = x;
  const scaled = data.map((value, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    return value * factor(side === "right" ? row : col);
  });
  return matrix(rows, cols, scaled);
}

function ratio(direction: number, projection: number): number {
  return Math.sqrt(direction) / (Math.sqrt(projection) + 1e-8);
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, x) => total + x, 0);
}
