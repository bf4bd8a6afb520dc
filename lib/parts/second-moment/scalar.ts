import { requireKnownOptions } from "../../options.js";
import type { SecondMoment } from "../part.js";
import { type AccumulationOptions, accumulationOptions } from "./accumulation.js";
import { type SubsetOptions, subset } from "./subset.js";

export interface ScalarOptions extends AccumulationOptions {
  /** Sum (AdaGrad-Norm, default) or average the squares of the tensor. */
  reduce?: SubsetOptions["reduce"];
}

/** One second moment for the whole tensor; with beta 1, AdaGrad-Norm (Ward, Wu, Bottou 2019). */
export function scalar(options: ScalarOptions = {}): SecondMoment {
  requireKnownOptions("scalar", options, [
    "kind",
    "partition",
    "reduce",
    "blockRule",
    ...accumulationOptions,
  ]);
  return { ...subset({ ...options, partition: "tensor" }), kind: "scalar" };
}
