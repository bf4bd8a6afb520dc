import { requireFixed, requireInteger, requireKnownOptions } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { basisState } from "./state.js";

export interface PowerIterationOptions {
  /** Passes from the old basis. Default 2. */
  warmPasses?: number;
  /** Passes from a random basis, the first time. Default 3. */
  coldPasses?: number;
}

/**
 * The dominant subspace by block power iteration with Cholesky-QR: needs no decomposition library,
 * and costs about one step for each pass. Only the subspace matters to Subspace-Momentum, not
 * singular vectors. csrc/kernels/power-iteration.h.
 */
export function powerIteration(options: PowerIterationOptions = {}): Projector {
  requireKnownOptions("powerIteration", options, [
    "kind",
    "lines",
    "delays",
    "warmPasses",
    "coldPasses",
  ]);
  requireFixed("powerIteration", options, "lines", false);
  requireFixed("powerIteration", options, "delays", true);
  const { warmPasses = 2, coldPasses = 3 } = options;
  requireInteger("warmPasses", warmPasses, 1, 100);
  requireInteger("coldPasses", coldPasses, 1, 100);
  const part = {
    kind: "powerIteration",
    lines: false,
    delays: true,
    warmPasses,
    coldPasses,
    plan: (projection: Projection) => ({
      step: "subspaceStep" as const,
      state: [basisState(projection)],
      kernel: "powerIteration" as const,
      constants: { warmPasses, coldPasses },
      tensors: { basis: "basis" },
    }),
  };
  return part;
}
