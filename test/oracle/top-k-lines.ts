import type { Matrix } from "./matrix.js";
import { type Side, topLines } from "./subspace.js";

/**
 * The r rows (left) or columns (right) of largest 2-norm, ascending by number; of equal ones those
 * with the smaller numbers.
 */
export function topKLines(g: Matrix, rank: number, side: Side): number[] {
  return topLines(g, rank, side).sort((a, b) => a - b);
}

/** The squared 2-norm of each row (left) or column (right). */
export function lineEnergies(g: Matrix, side: Side): Float64Array {
  const energies = new Float64Array(side === "left" ? g.rows : g.cols);
  g.data.forEach((x, i) => {
    energies[side === "left" ? Math.floor(i / g.cols) : i % g.cols] += x * x;
  });
  return energies;
}
