/** Bases of subspaces, and the shapes that kernels with a subspace are tried on. */

import { householderQR, type Matrix, matrix } from "../../../test/oracle/matrix.js";
import { projectedDimension, type Side } from "../../../test/oracle/subspace.js";
import type { KernelTensor } from "../../run-kernel.js";
import type { StateDType } from "../../tensor.js";
import { noise } from "./noise.js";
import type { MatrixShape } from "./shapes.js";
import { floats, valuesOf } from "./tensors.js";

/** A weight and the subspace of its momentum. */
export interface Projection {
  readonly shape: MatrixShape;
  readonly side: Side;
  readonly rank: number;
}

/** Single elements and lines, primes, full ranks. */
export const projections: readonly Projection[] = [
  { shape: [1, 1], side: "right", rank: 1 },
  { shape: [1, 7], side: "right", rank: 3 },
  { shape: [1, 7], side: "left", rank: 1 },
  { shape: [7, 1], side: "right", rank: 1 },
  { shape: [7, 1], side: "left", rank: 2 },
  { shape: [5, 13], side: "left", rank: 5 },
  { shape: [5, 13], side: "right", rank: 13 },
  { shape: [16, 32], side: "right", rank: 8 },
  { shape: [16, 32], side: "left", rank: 8 },
  { shape: [53, 37], side: "right", rank: 17 },
  { shape: [53, 37], side: "left", rank: 17 },
  { shape: [3, 547], side: "left", rank: 2 },
  { shape: [3, 547], side: "right", rank: 4 },
];

/** Weights without elements whose subspace has dimensions. */
export const emptyProjections: readonly Projection[] = [
  { shape: [0, 4], side: "right", rank: 2 },
  { shape: [4, 0], side: "left", rank: 2 },
];

/** Orthonormal columns, dimension × rank. */
export function orthonormalColumns(dimension: number, rank: number, seed: number): Matrix {
  return householderQR(matrix(dimension, rank, noise(dimension * rank, seed))).q;
}

/** A tensor of an orthonormal basis, and what is stored of it. */
export function basisOf(
  { shape, side, rank }: Projection,
  dtype: StateDType,
  seed: number,
): { readonly tensor: KernelTensor; readonly values: Matrix } {
  const dimension = projectedDimension(side, ...shape);
  const tensor = floats(dtype, [dimension, rank], orthonormalColumns(dimension, rank, seed).data);
  return { tensor, values: matrix(dimension, rank, valuesOf(tensor)) };
}
