/**
 * How far rounding may take a low-rank step from the exact one, to first order: the error of a
 * projection goes through both moments into N, from there into the norms' ratio, and with all of it
 * back into the weights.
 */
import {
  backBoth,
  type LowRankStepInput,
  type LowRankStepResult,
  lineSquares,
  projectBoth,
  scaleLines,
} from "../../../test/oracle/low-rank-step.js";
import { combine, type Matrix, matrix } from "../../../test/oracle/matrix.js";
import type { Precision } from "../../optimizer-options.js";
import { gradientMagnitude, roundedOperands, sumError, u } from "./rounding.js";
import type { KernelScalars } from "./scalars.js";

const { abs, max, min, sqrt } = Math;

export interface LowRankBounds {
  /** Before they are stored. */
  readonly param: Float64Array;
  readonly momentum: Float64Array;
  readonly secondMoment: Float64Array;
  readonly lastNorm: number;
}

const absolute = ({ rows, cols, data }: Matrix) => matrix(rows, cols, data.map(abs));
const sum = (values: Float64Array) => values.reduce((total, x) => total + x, 0);

/** The error of √x where that of x ≥ 0 is `error`. */
const rootError = (x: number, error: number) => max(sqrt(x) - sqrt(max(0, x - error)), 0);

export function lowRankBounds(
  input: LowRankStepInput,
  s: KernelScalars,
  after: LowRankStepResult,
  precision: Precision,
): LowRankBounds {
  const { shape, side, direction, scale = 1, maxGrowth = 0, lastNorm = 0 } = input;
  const basis = absolute(input.basis);
  const left = input.leftBasis ? absolute(input.leftBasis) : null;
  const rounded = (depth: number) => roundedOperands(precision, depth);
  const inner = left === null ? 0 : sumError(left.rows);
  const outer = left === null ? 0 : sumError(left.cols);
  const toCoordinates = 2 * u + rounded(basis.rows) + sumError(basis.rows) + inner;
  const fromCoordinates = rounded(basis.cols) + sumError(basis.cols) + outer;
  const back = (x: Matrix) => backBoth(x, basis, side, left);

  const gradient = matrix(...shape, gradientMagnitude(input.param, input.grad, s));
  const { projection, coordinates } = after;
  const like = (data: Float64Array) => matrix(projection.rows, projection.cols, data);
  const magnitude = projectBoth(gradient, basis, side, left).data;
  const projected = magnitude.map((x) => toCoordinates * x);

  const momentum = after.momentum.map((_, i) => {
    const [kept, added] = [abs(s.mDecay * input.momentum[i]), abs(s.mGain * magnitude[i])];
    return s.mGain * projected[i] + 2 * u * (kept + added);
  });
  const secondMoment = after.secondMoment.map((v, i) => {
    const error = (2 * abs(projection.data[i]) + projected[i]) * projected[i];
    return s.vGain * error + 4 * u * v;
  });
  const coordinateErrors = coordinates.data.map((n, i) => {
    const denominator = sqrt(after.secondMoment[i]) * s.vScale + s.eps;
    const rooted = s.vScale * rootError(after.secondMoment[i], secondMoment[i]);
    const error = rooted + 3 * u * denominator;
    return (s.mScale * momentum[i] + abs(n) * error) / (denominator - error) + 3 * u * abs(n);
  });

  // The relative error of a norm is at most that of its vector.
  const relative = (errors: Float64Array, of: Matrix) => {
    const [e2, x2] = [lineSquares(like(errors), side), lineSquares(of, side)];
    const share = (e: number, x: number) => (x === 0 ? 0 : sqrt(e / x));
    if (input.wholeNorm) return e2.fill(share(sum(e2), sum(x2)));
    return e2.map((e, j) => share(e, x2[j]));
  };
  const ofDirection = relative(coordinateErrors, coordinates);
  const ofProjection = relative(projected, projection);
  const factorError = ofDirection.map(
    (e, j) => e + ofProjection[j] / (1 - ofProjection[j]) + 4 * u,
  );

  // x² = Σ f²·e, e = ‖G‖² − ‖R‖² or ‖G‖² of each line.
  const [g2, r2, d2] = [absoluteGradient(input, s), projection, like(projected)].map((m) =>
    lineSquares(m, side),
  );
  const isOutside = direction === "residual";
  const outside = g2.map((g, j) => (isOutside ? max(0, g - r2[j]) : g));
  const squares = outside.map((e, j) => after.factors[j] ** 2 * e);
  const squareErrors = outside.map((e, j) => {
    const moved = isOutside ? 2 * sqrt(r2[j] * d2[j]) + d2[j] + 8 * u * r2[j] : 0;
    return after.factors[j] ** 2 * (2.1 * factorError[j] * e + moved + 8 * u * g2[j]);
  });
  const norm = sqrt(sum(squares));
  const normError = max(
    rootError(sum(squares), sum(squareErrors)),
    sqrt(sum(squares) + sum(squareErrors)) - norm,
  );
  const limitAt = (x: number) => (lastNorm > 0 ? min(1, (maxGrowth * lastNorm) / x) : 1);
  const limitError =
    maxGrowth > 0 && norm > 0
      ? limitAt(max(norm - normError, 1e-300)) - limitAt(norm + normError) + 2 * u
      : 0;

  const scaled = after.factors.map((f) => after.limit * f);
  const scaledErrors = after.factors.map(
    (f, j) => f * (limitError + after.limit * factorError[j]) + 2 * u * scaled[j],
  );
  const lines = (x: Matrix, factors: Float64Array) => scaleLines(x, side, (j) => factors[j]);

  const inside = back(like(coordinateErrors)).data;
  const returned = back(absolute(coordinates));
  const numerator = {
    subspace: () => ({ error: inside, sums: returned }),
    residual: () => {
      const there = back(absolute(projection));
      const both = combine(1, gradient, 1, there);
      const error = lines(both, scaledErrors).data;
      const moved = lines(back(like(projected)), scaled).data;
      const sums = combine(1, returned, 1, lines(there, scaled));
      return { error: error.map((e, i) => e + moved[i] + inside[i]), sums };
    },
    gradient: () => ({ error: lines(gradient, scaledErrors).data, sums: null }),
  }[direction]();
  const added = direction === "subspace" ? null : lines(gradient, scaled).data;
  const param = after.param.map((w, i) => {
    const summed = numerator.sums?.data[i] ?? 0;
    const size = summed + (added?.[i] ?? 0);
    const error = numerator.error[i] + (fromCoordinates + 4 * u) * summed + 6 * u * size;
    const step = scale * s.stepSize;
    const kept = abs(s.decayBefore * input.param[i]);
    return s.decayAfter * (step * error + 3 * u * (kept + step * size)) + u * abs(w);
  });
  return {
    param,
    momentum,
    secondMoment,
    lastNorm: maxGrowth > 0 ? normError + limitError * norm + 4 * u * norm : 0,
  };
}

/** The gradient as it is stepped along. */
function absoluteGradient({ shape, param, grad }: LowRankStepInput, s: KernelScalars): Matrix {
  return matrix(...shape, gradientMagnitude(param, grad, s));
}
