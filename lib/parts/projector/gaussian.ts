import { requireBoolean, requireFixed, requireKnownOptions } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { basisState } from "./state.js";

export interface GaussianOptions {
  /**
   * Whether the columns are made orthonormal. Default true. False: entries of variance 1/rank, as
   * published with APOLLO (arXiv 2412.05270); not for momenta in a subspace and its complement.
   */
  orthonormal?: boolean;
}

/**
 * A random subspace, another at each refresh, a function of the seed: reads nothing of the gradient.
 * csrc/kernels/gaussian-basis.h.
 */
export function gaussian(options: GaussianOptions = {}): Projector {
  requireKnownOptions("gaussian", options, ["kind", "lines", "orthonormal"]);
  requireFixed("gaussian", options, "lines", false);
  const { orthonormal = true } = options;
  requireBoolean("orthonormal", orthonormal);
  const part = {
    kind: "gaussian",
    lines: false,
    orthonormal,
    plan: (projection: Projection) => ({
      step: "subspaceStep" as const,
      state: [basisState(projection)],
      kernel: "gaussianBasis" as const,
      constants: { orthonormal },
      tensors: { basis: "basis" },
    }),
  };
  return part;
}
