import { requireKnownOptions, requireOneOf } from "../../options.js";
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
  // What its own data say, as JSON gives them back.
  requireOneOf("partition", (options as SubsetOptions).partition ?? "tensor", ["tensor"]);
  return { ...subset({ ...options, partition: "tensor" }), kind: "scalar" };
}
