import { householderQR, type Matrix, matrix } from "./matrix.js";
import { gaussianNoise, type RandomKey } from "./random-stream.js";

/** The Q of Y = Q·R with a positive diagonal of R, which makes it unique. */
export function orthonormalized(y: Matrix): Matrix {
  const { q, r } = householderQR(y);
  const { rows, cols } = y;
  return matrix(
    rows,
    cols,
    q.data.map((x, i) => (r.data[(i % cols) * (cols + 1)] < 0 ? -x : x)),
  );
}

/** Noise with orthonormal columns, or with entries of variance 1 / rank. */
export function gaussianBasis(
  dimension: number,
  rank: number,
  orthonormal: boolean,
  key: RandomKey,
): Matrix {
  const noise = gaussianNoise(dimension, rank, key);
  if (orthonormal) return orthonormalized(noise);
  return matrix(
    dimension,
    rank,
    noise.data.map((x) => x / Math.sqrt(rank)),
  );
}
