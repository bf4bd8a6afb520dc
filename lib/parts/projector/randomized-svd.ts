import { requireFixed, requireInteger, requireKnownOptions } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { basisState } from "./state.js";

export interface RandomizedSvdOptions {
  /** Passes over the gradient (two products each) beyond the first look. Default 1. */
  powerPasses?: number;
  /** Columns of the sketch beyond the rank. Default 8. */
  oversample?: number;
}

/**
 * Approximate singular vectors of the largest singular values, from noise at each refresh (Halko,
 * Martinsson, Tropp 2011). Better than powerIteration where steps depend on the vectors themselves,
 * in descending order, not on what they span. csrc/kernels/randomized-svd.h.
 */
export function randomizedSvd(options: RandomizedSvdOptions = {}): Projector {
  requireKnownOptions("randomizedSvd", options, ["kind", "lines", "powerPasses", "oversample"]);
  requireFixed("randomizedSvd", options, "lines", false);
  const { powerPasses = 1, oversample = 8 } = options;
  requireInteger("powerPasses", powerPasses, 0, 100);
  requireInteger("oversample", oversample, 0);
  const part = {
    kind: "randomizedSvd",
    lines: false,
    powerPasses,
    oversample,
    plan: (projection: Projection) => ({
      step: "subspaceStep" as const,
      state: [basisState(projection)],
      kernel: "randomizedSvd" as const,
      constants: { powerPasses, oversample },
      tensors: { basis: "basis" },
    }),
  };
  return part;
}
