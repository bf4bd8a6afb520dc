import { orthonormalized } from "./gaussian-basis.js";
import {
  firstColumns,
  type Matrix,
  matrix,
  multiply,
  symmetricEigen,
  transpose,
} from "./matrix.js";
import { gaussianNoise, type RandomKey } from "./random-stream.js";
import type { Side } from "./subspace.js";

export interface RandomizedSvdSettings {
  readonly rank: number;
  readonly oversample: number;
  readonly powerPasses: number;
  readonly side: Side;
  readonly key: RandomKey;
}

/**
 * Approximate singular vectors, descending, each up to its sign (Halko, Martinsson, Tropp 2011,
 * algorithms 4.4 and 5.1): the range of Aᵀ, sampled by noise, and in it the directions that A
 * stretches most. A is G for right vectors and Gᵀ for left ones.
 */
export function randomizedSvd(
  g: Matrix,
  { rank, oversample, powerPasses, side, key }: RandomizedSvdSettings,
): Matrix {
  const a = side === "right" ? g : transpose(g);
  const columns = Math.min(rank + oversample, a.cols);
  let q = orthonormalized(multiply(transpose(a), gaussianNoise(a.rows, columns, key)));
  for (let pass = 0; pass < powerPasses; pass++) {
    q = orthonormalized(multiply(transpose(a), multiply(a, q)));
  }
  const products = multiply(a, q);
  const { vectors } = symmetricEigen(multiply(transpose(products), products));
  return multiply(q, firstColumns(vectors, rank));
}

/** Of two columns up to sign: ‖x ∓ y‖, for each of them. */
export function columnDistances(p: Matrix, q: Matrix): Float64Array {
  return Float64Array.from({ length: p.cols }, (_, j) => {
    const column = ({ rows, cols, data }: Matrix) =>
      matrix(
        rows,
        1,
        Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]),
      );
    const [x, y] = [column(p).data, column(q).data];
    const apart = (sign: number) => Math.hypot(...x.map((value, i) => value - sign * y[i]));
    return Math.min(apart(1), apart(-1));
  });
}
