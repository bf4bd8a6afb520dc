import { clipFactor, globalNorm } from "./gradient-stats.js";

export interface GradientNormInput {
  /** Of the pieces of all gradients, which arrive multiplied by gradScale. */
  readonly sumsOfSquares: readonly number[];
  /** Whether each piece holds an infinity or a NaN. */
  readonly isNonFinite: readonly boolean[];
  readonly gradScale: number;
  /** 0: does not clip. */
  readonly maxGradNorm: number;
}

/** The norm of all gradients together, and what follows from it. */
export function gradientNorm(input: GradientNormInput): {
  readonly norm: number;
  readonly isNonFinite: boolean;
  readonly clip: number;
} {
  const { sumsOfSquares, isNonFinite, gradScale, maxGradNorm } = input;
  const norm = globalNorm(sumsOfSquares.map((sumOfSquares) => ({ sumOfSquares }))) / gradScale;
  return {
    norm,
    isNonFinite: isNonFinite.includes(true),
    clip: maxGradNorm > 0 ? clipFactor(norm, maxGradNorm) : 1,
  };
}
