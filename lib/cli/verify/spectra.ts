/** Gradients with a gap in their spectrum. */
import { type Matrix, matrix, multiply, transpose } from "../../../test/oracle/matrix.js";
import { orthonormalColumns, type Projection } from "./bases.js";

/**
 * A gradient whose first r singular values fall from 1 to about a half, and the others from `gap`
 * times the last of those.
 */
export function gappedGradient({ shape, rank }: Projection, gap: number, seed: number): Matrix {
  const [rows, cols] = shape;
  const count = Math.min(rows, cols);
  const values = Array.from({ length: count }, (_, i) =>
    i < rank ? 1 - i / (2 * rank) : (gap / 2) * (1 - (i - rank) / count),
  );
  const left = orthonormalColumns(rows, count, seed);
  const scaled = matrix(
    rows,
    count,
    left.data.map((x, i) => x * values[i % count]),
  );
  return multiply(scaled, transpose(orthonormalColumns(cols, count, seed + 1)));
}
