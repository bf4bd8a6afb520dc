/** How good a basis is. Bases are k × r matrices whose columns should be orthonormal. */

import {
  frobeniusNorm,
  identity,
  type Matrix,
  multiply,
  spectralNorm,
  subtract,
  svd,
  transpose,
} from "./matrix.js";
import { project, type Side } from "./subspace.js";

/** ‖PᵀP − I‖ / √r in the Frobenius norm: 0 for orthonormal columns. */
export function orthonormalityDefect(basis: Matrix): number {
  const gram = multiply(transpose(basis), basis);
  return frobeniusNorm(subtract(gram, identity(basis.cols))) / Math.sqrt(basis.cols);
}

/**
 * ‖proj(G)‖² over the most that any subspace of that rank can hold, the sum of G's r largest squared
 * singular values: 1 for an optimal basis. 1 also for G = 0, of which nothing can be missed.
 */
export function capturedEnergy(g: Matrix, basis: Matrix, side: Side): number {
  const best = svd(g)
    .values.slice(0, basis.cols)
    .reduce((sum, value) => sum + value * value, 0);
  return best === 0 ? 1 : frobeniusNorm(project(g, basis, side)) ** 2 / best;
}

/**
 * The sine of the largest angle between the spans of two orthonormal bases of the same size,
 * ‖Q − P·PᵀQ‖ in the spectral norm (Golub & Van Loan, Matrix Computations, 2.5.3): 0 for the same
 * subspace, whatever the bases; accurate for small angles.
 */
export function subspaceDistance(p: Matrix, q: Matrix): number {
  const inside = multiply(p, multiply(transpose(p), q));
  return spectralNorm(subtract(q, inside));
}
