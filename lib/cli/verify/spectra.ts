/** Gradients with a gap in their spectrum. */
import { type Matrix, matrix, multiply, transpose } from "../../../test/oracle/matrix.js";
import { orthonormalColumns, type Projection } from "./bases.js";

/**
 * A gradient whose first r singular values fall from 1 to about a half, and the others from `gap`
 * times the last of those.
 */
export function gappedGradient(projection: Projection, gap: number, seed: number): Matrix {
  const { rank } = projection;
  const count = Math.min(...projection.shape);
  return gradientOf(projection, seed, (i) =>
    i < rank ? 1 - i / (2 * rank) : (gap / 2) * (1 - (i - rank) / count),
  );
}

/** A gradient with r - 1 singular values of 1, one that is `small`, and others of a tenth of that. */
export function deficientGradient(projection: Projection, small: number, seed: number): Matrix {
  const last = projection.rank - 1;
  return gradientOf(projection, seed, (i) => (i < last ? 1 : i === last ? small : small / 10));
}

function gradientOf(
  { shape }: Projection,
  seed: number,
  singularValue: (i: number) => number,
): Matrix {
  const [rows, cols] = shape;
  const count = Math.min(rows, cols);
  const values = Array.from({ length: count }, (_, i) => singularValue(i));
  const left = orthonormalColumns(rows, count, seed);
  const scaled = matrix(
    rows,
    count,
    left.data.map((x, i) => x * values[i % count]),
  );
  return multiply(scaled, transpose(orthonormalColumns(cols, count, seed + 1)));
}
