import { requireKnownOptions } from "../../options.js";
import type { Momentum } from "../part.js";

/** No momentum: the numerator is the gradient. */
export function none(options: object = {}): Momentum {
  requireKnownOptions("none", options, ["kind"]);
  return {
    kind: "none",
    plan: () => ({
      step: "denseStep",
      state: [],
      scalars: { momentum: "none", beta1: 0 },
      sumsFit: (partition) => partition !== "whole",
    }),
  };
}
