import { householderQR, type Matrix, matrix, multiply, transpose } from "../oracle/matrix.js";
import { gaussians } from "../oracle/random.js";

/** A matrix with singular values 1, decay, decay², ... and random singular vectors. */
export function decayingMatrix(rows: number, cols: number, decay: number, seed: number): Matrix {
  const rank = Math.min(rows, cols);
  const left = householderQR(matrix(rows, rank, gaussians(rows * rank, seed))).q;
  const right = householderQR(matrix(cols, rank, gaussians(cols * rank, seed + 1))).q;
  const scaled = matrix(
    rows,
    rank,
    left.data.map((x, i) => x * decay ** (i % rank)),
  );
  return multiply(scaled, transpose(right));
}

/** A k × r matrix of orthonormal columns. */
export function randomBasis(k: number, r: number, seed: number): Matrix {
  return householderQR(matrix(k, r, gaussians(k * r, seed))).q;
}
