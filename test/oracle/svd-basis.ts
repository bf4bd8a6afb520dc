import type { Matrix } from "./matrix.js";
import { exactBasis, type Side } from "./subspace.js";

/**
 * What the basis of rank r has to span: the singular vectors of the r largest singular values, or all
 * of them where there are fewer.
 */
export function svdBasis(g: Matrix, rank: number, side: Side): Matrix {
  return exactBasis(g, Math.min(rank, g.rows, g.cols), side);
}
