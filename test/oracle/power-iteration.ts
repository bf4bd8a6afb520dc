import { householderQR, type Matrix, multiply, svd, transpose } from "./matrix.js";
import type { Side } from "./subspace.js";

export interface PowerIterationResult {
  readonly basis: Matrix;
  /**
   * For each pass, ‖A‖ / σ_min(A·P), A = GᵀG or GGᵀ: what a relative error of the product comes to
   * in the subspace.
   */
  readonly sensitivities: readonly number[];
}

/**
 * Block power iteration, also called orthogonal iteration (Golub & Van Loan, Matrix Computations,
 * 8.2.4): P ← orth(GᵀG·P) on the right, orth(GGᵀ·P) on the left.
 */
export function powerIteration(
  g: Matrix,
  start: Matrix,
  passes: number,
  side: Side,
): PowerIterationResult {
  const [right, left] = side === "right" ? [g, transpose(g)] : [transpose(g), g];
  const norm = svd(g).values[0] ** 2;
  const sensitivities: number[] = [];
  let basis = start;
  for (let pass = 0; pass < passes; pass++) {
    const product = multiply(left, multiply(right, basis));
    sensitivities.push(norm / (svd(product).values.at(-1) ?? 0));
    basis = householderQR(product).q;
  }
  return { basis, sensitivities };
}
