import { requireFixed, requireKnownOptions } from "../../options.js";
import type { Projection, Projector } from "../part.js";
import { indexState } from "./state.js";

/** The rows or columns of largest norm at each refresh. csrc/kernels/top-k-lines.h. */
export function topK(options: object = {}): Projector {
  requireKnownOptions("topK", options, ["kind", "lines"]);
  requireFixed("topK", options, "lines", true);
  return {
    kind: "topK",
    lines: true,
    plan: (projection: Projection) => ({
      step: "lineStep",
      state: [indexState(projection)],
      kernel: "topKLines",
      tensors: { index: "index" },
    }),
  };
}
