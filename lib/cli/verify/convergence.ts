/** How near a basis has to come to the leading singular subspace, from random columns. */

import { svd } from "../../../test/oracle/matrix.js";
import { capturedEnergy, subspaceDistance } from "../../../test/oracle/orthonormal.js";
import { svdBasis } from "../../../test/oracle/svd-basis.js";
import type { Projection } from "./bases.js";
import { type BasisItem, type BasisSpec, newBasis, orthonormalityBound } from "./basis-item.js";
import { sumError } from "./rounding.js";
import { unitRoundoff } from "./tensors.js";
import type { Worst } from "./worst.js";

/** Relative error of a product with GᵀG: two sums, along either side, and the orthonormalization. */
export function productError({ shape: [rows, cols] }: Projection): number {
  return sumError(rows) + sumError(cols) + sumError(2);
}

/** What storing the basis does to its subspace. */
export function storedError({ basis, rank }: BasisSpec): number {
  return Math.sqrt(rank) * unitRoundoff(basis);
}

/**
 * From random columns, the tangent of the largest angle to the leading singular subspace falls by
 * σ_{r+1} / σ_r with each product (Golub & Van Loan, theorem 8.2.2). At first it is about √(r·k) for
 * k × r Gaussian columns, and below a hundred times that in all but one start in fifty (Rudelson,
 * Vershynin 2009); starts are a function of the case's seed.
 */
export function checkConverged(worst: Worst, item: BasisItem, products: number): void {
  const { spec, gradient } = item;
  const { rank, side } = spec;
  const basis = newBasis(item);
  const { values } = svd(gradient);
  const [largest] = values;
  const next = values[rank] ?? 0;
  const last = values[Math.min(rank, values.length) - 1];
  const start = 100 * Math.sqrt(rank * basis.rows);
  const rounding = productError(spec) * (largest / last) ** 2;
  const error = (next / last) ** products * start + 2 * rounding + storedError(spec);
  const leading = svdBasis(gradient, rank, side);
  worst.near("distance from the exact subspace", [subspaceDistance(basis, leading)], [0], error);
  const energy = capturedEnergy(gradient, basis, side);
  const bound = error ** 2 + 2 * Math.sqrt(rank) * orthonormalityBound(spec);
  worst.near("share of the energy captured", [energy], [1], bound);
}
