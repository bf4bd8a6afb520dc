/**
 * Functions whose gradients fall no faster than bounds for smooth functions allow. On a quadratic with
 * one curvature h an error dies out like exp(−h·S), S being the sum of step sizes, and no bound is
 * ever attained; with curvatures all over (0, 1] some are about to die out at every S, and the squared
 * gradient falls by a power of it.
 */

import { seededRandom } from "../../examples/language-model/random.js";

export interface Landscape {
  readonly start: Float32Array;
  /** Of each coordinate, the greatest there is: the step size at which it dies out at once is 1 / h. */
  readonly curvature: Float32Array;
  /** Writes the gradient at `x` into `out`; returns its squared norm. */
  gradient(x: Float32Array, out: Float32Array): number;
}

/** Decades of curvature that a landscape has. */
const DECADES = 4;

/**
 * f(x) = ½·Σ h_i·x_i², with curvatures spread evenly over the logarithm, in `order`, and x₀ ∝ h^(−½),
 * so that each holds an equal share of f(x₀) = `drop`. ‖∇f‖² is drop / (ln(10)·DECADES·S) at S, while
 * that is well between 1 and 10^DECADES.
 */
export function spreadQuadratic(size: number, drop: number, order: Int32Array): Landscape {
  const h = Float32Array.from(order, (i) => 10 ** ((-DECADES * (i + 0.5)) / size));
  const start = h.map((curvature) => Math.sqrt((2 * drop) / (size * curvature)));
  return {
    start,
    curvature: h,
    gradient(x, out) {
      let square = 0;
      for (let i = 0; i < size; i++) {
        const g = (h[i] as number) * (x[i] as number);
        out[i] = g;
        square += g * g;
      }
      return square;
    },
  };
}

/**
 * f(x) = ½·Σ h_i·ln(1 + x_i²), which is not convex beyond |x| = 1, from x₀ = 2 in every coordinate.
 * h_i = i^(−power): with more coordinates the flatter they are, ‖∇f‖² ∝ S^(1/power − 2).
 */
export function saturating(size: number, power: number): Landscape {
  const h = Float32Array.from({ length: size }, (_, i) => (i + 1) ** -power);
  return {
    start: new Float32Array(size).fill(2),
    curvature: h,
    gradient(x, out) {
      let square = 0;
      for (let i = 0; i < size; i++) {
        const u = x[i] as number;
        const g = ((h[i] as number) * u) / (1 + u * u);
        out[i] = g;
        square += g * g;
      }
      return square;
    },
  };
}

/** 0 … size − 1 in a random order, so that subsets have curvatures of all kinds. */
export function shuffled(size: number, seed: number): Int32Array {
  const random = seededRandom(seed, 2);
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
