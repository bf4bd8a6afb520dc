import { requireFixed, requireKnownOptions, requireOneOf } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { basisState } from "./state.js";

export interface SvdOptions {
  /** "gram" (eigenvectors of the Gram matrix), "full", or "auto" (default) by a table of shapes. */
  method?: "auto" | "gram" | "full";
}

/** The singular vectors of the largest singular values, exactly. csrc/kernels/svd-basis.h. */
export function svd(options: SvdOptions = {}): Projector {
  requireKnownOptions("svd", options, ["kind", "lines", "method"]);
  requireFixed("svd", options, "lines", false);
  const { method = "auto" } = options;
  requireOneOf("method", method, ["auto", "gram", "full"]);
  const part = {
    kind: "svd",
    lines: false,
    method,
    plan: (projection: Projection) => ({
      step: "subspaceStep" as const,
      state: [basisState(projection)],
      kernel: "svdBasis" as const,
      constants: { method },
      tensors: { basis: "basis" },
    }),
  };
  return part;
}
