/** Shapes of weights that kernels are tried on. */

export type MatrixShape = readonly [rows: number, cols: number];

/**
 * Shapes that find mistakes: single elements and lines, primes, widths that are and are not a
 * number of vectors or of pairs of them, with a panel of columns that is not full.
 */
export const oddShapes: readonly MatrixShape[] = [
  [1, 1],
  [1, 7],
  [7, 1],
  [5, 13],
  [16, 32],
  [53, 37],
  [3, 547],
  [9, 296],
  [9, 304],
];

/** Of several tiles; tall enough to have several for sums down columns, too. */
export const largeShapes: readonly MatrixShape[] = [
  [7, 5461],
  [1100, 40],
];

/** Shapes without elements. */
export const emptyShapes: readonly MatrixShape[] = [
  [0, 4],
  [4, 0],
  [0, 0],
];
