import { requireFixed, requireKnownOptions } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { indexState } from "./state.js";

/** Rows or columns chosen uniformly at random at each refresh. csrc/kernels/uniform-lines.h. */
export function uniform(options: object = {}): Projector {
  requireKnownOptions("uniform", options, ["kind", "lines"]);
  requireFixed("uniform", options, "lines", true);
  return {
    kind: "uniform",
    lines: true,
    plan: (projection: Projection) => ({
      step: "lineStep",
      state: [indexState(projection)],
      kernel: "uniformLines",
      tensors: { index: "index" },
    }),
  };
}
