import { requireKnownOptions } from "../../options.js";
import type { SecondMoment } from "../part.js";

/** No second moment: the denominator is 1. */
export function none(options: object = {}): SecondMoment {
  requireKnownOptions("none", options, ["kind"]);
  return {
    kind: "none",
    plan: () => ({
      state: [],
      partition: "none",
      block: 0,
      mean: false,
      scalars: { second: false, beta2: 0, eps: 1 },
    }),
  };
}
