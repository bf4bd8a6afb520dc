/**
 * Projections of a gradient onto a subspace, for subspace momentum (Nguyen & Nguyen, arXiv
 * 2411.07120) and low-rank optimizers (GaLore, Zhao et al. 2024).
 *
 * G is m × n. With a basis P of orthonormal columns (k × r), a right projection (k = n) is
 * proj(G) = G·P, m × r, and back(X) = X·Pᵀ; a left one (k = m) is proj(G) = Pᵀ·G, r × n, and
 * back(X) = P·X. A projection onto lines is the same with unit vectors as the basis: it keeps r rows
 * (left) or r columns (right) of G.
 */

import { firstColumns, type Matrix, matrix, multiply, svd, transpose } from "./matrix.js";

/** Which side of G the basis stands on. */
export type Side = "left" | "right";

/**
 * A side, or a rule by shape: `std` compresses the shorter dimension (a square matrix counts as
 * tall: right), `reverse` the longer one.
 */
export type SideRule = Side | "std" | "reverse";

/** The side of an m × n gradient that a rule names. */
export function sideOf(rule: SideRule, rows: number, cols: number): Side {
  if (rule === "left" || rule === "right") return rule;
  return (rule === "std") === rows >= cols ? "right" : "left";
}

/** k, the dimension that a projection on this side compresses. */
export function projectedDimension(side: Side, rows: number, cols: number): number {
  return side === "right" ? cols : rows;
}

/** The shape of proj(G) at rank r. */
export function projectedShape(
  side: Side,
  rows: number,
  cols: number,
  rank: number,
): [rows: number, cols: number] {
  return side === "right" ? [rows, rank] : [rank, cols];
}

/** proj(G): G·P (right, m × r) or Pᵀ·G (left, r × n). */
export function project(g: Matrix, basis: Matrix, side: Side): Matrix {
  return side === "right" ? multiply(g, basis) : multiply(transpose(basis), g);
}

/** back(X): X·Pᵀ (right) or P·X (left), m × n. */
export function back(x: Matrix, basis: Matrix, side: Side): Matrix {
  return side === "right" ? multiply(x, transpose(basis)) : multiply(basis, x);
}

/** The best basis of rank r: G's leading right or left singular vectors, k × r (Eckart & Young). */
export function exactBasis(g: Matrix, rank: number, side: Side): Matrix {
  const { u, v } = svd(g);
  const vectors = side === "right" ? v : u;
  if (rank > vectors.cols) {
    throw new RangeError(`rank ${rank} of a ${g.rows} x ${g.cols} matrix`);
  }
  return firstColumns(vectors, rank);
}

/**
 * Old coordinates expressed in a new basis, the part that the new subspace holds: M·(Pᵀ·P′) (right)
 * or (P′ᵀ·P)·M (left).
 */
export function rotateMomentum(momentum: Matrix, from: Matrix, to: Matrix, side: Side): Matrix {
  return side === "right"
    ? multiply(momentum, multiply(transpose(from), to))
    : multiply(multiply(transpose(to), from), momentum);
}

/** The basis of unit vectors that stands for a set of lines: k × r. */
export function lineBasis(lines: ArrayLike<number>, dimension: number): Matrix {
  const result = matrix(dimension, lines.length);
  for (let j = 0; j < lines.length; j++) result.data[lines[j] * lines.length + j] = 1;
  return result;
}

/** The r rows (left) or columns (right) of G with the largest 2-norm, the largest first. */
export function topLines(g: Matrix, rank: number, side: Side): number[] {
  const count = projectedDimension(side, g.rows, g.cols);
  const energy = new Float64Array(count);
  for (let i = 0; i < g.rows; i++) {
    for (let j = 0; j < g.cols; j++) {
      energy[side === "right" ? j : i] += g.data[i * g.cols + j] ** 2;
    }
  }
  const order = Array.from(energy.keys()).sort((a, b) => energy[b] - energy[a]);
  return order.slice(0, rank);
}
