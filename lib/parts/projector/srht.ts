import { requireFixed, requireKnownOptions } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { basisState } from "./state.js";

/**
 * A random subspace by a subsampled randomized Hadamard transform of the projected side, another at
 * each refresh, a function of the seed: reads nothing of the gradient. Bit for bit the same on every
 * device where the side is 2^p, 12·2^p, 20·2^p, 28·2^p or 40·2^p long. csrc/kernels/srht-basis.h.
 */
export function srht(options: object = {}): Projector {
  requireKnownOptions("srht", options, ["kind", "lines"]);
  requireFixed("srht", options, "lines", false);
  return {
    kind: "srht",
    lines: false,
    plan: (projection: Projection) => ({
      step: "subspaceStep",
      state: [basisState(projection)],
      kernel: "srhtBasis",
      tensors: { basis: "basis" },
    }),
  };
}
