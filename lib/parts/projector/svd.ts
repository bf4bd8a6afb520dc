import { requireFixed, requireKnownOptions, requireOneOf } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { basisState } from "./state.js";

/** How `svd` decomposes: see {@link SvdOptions}. */
export const svdMethods = ["auto", "gram", "full", "gesvd", "gesvdp", "gesvdr"] as const;
export type SvdMethod = (typeof svdMethods)[number];

export interface SvdOptions {
  /**
   * "gram": eigenvectors of the smaller Gram matrix (CPU: LAPACK's dsytrd, dstemr; CUDA: cuSOLVER's
   * Xsyevdx). "full": a thin decomposition (CPU: dgesdd; CUDA: Xgesvdp). "gesvd", "gesvdp" (polar),
   * "gesvdr" (randomized, for ranks far below the sides, not exact): that driver of cuSOLVER's; the
   * CPU, which has none of them, takes "full". "auto" (default): by a committed table, so far "gram"
   * for every shape on every device. All are in float64, and any recipe runs on every device.
   */
  method?: SvdMethod;
}

/**
 * The singular vectors of the largest singular values. csrc/kernels/svd-basis.h. On CUDA it needs
 * cuSOLVER and cuBLAS, which are opened when an optimizer with it is built (ERR_LEAN_UNSUPPORTED says
 * what to install), waits for the device in steps that may refresh a basis (not with `refreshDelay`:
 * then a thread of its own does), and cannot be captured
 * into a graph of the caller's (ERR_LEAN_UNSUPPORTED): `powerIteration` needs none of that.
 */
export function svd(options: SvdOptions = {}): Projector {
  requireKnownOptions("svd", options, ["kind", "lines", "delays", "method"]);
  requireFixed("svd", options, "lines", false);
  requireFixed("svd", options, "delays", true);
  const { method = "auto" } = options;
  requireOneOf("method", method, svdMethods);
  const part = {
    kind: "svd",
    lines: false,
    delays: true,
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
