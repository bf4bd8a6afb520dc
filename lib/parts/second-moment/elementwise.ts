import { requireKnownOptions } from "../../options.js";
import type { SecondMoment, SecondMomentPlan, Weight } from "../part.js";
import {
  type Accumulation,
  type AccumulationOptions,
  accumulation,
  accumulationOptions,
  accumulationScalars,
} from "./accumulation.js";

export type ElementwiseOptions = AccumulationOptions;

/** The plan of one second moment for each element: also what subsets of one come to. */
export function elementwisePlan(weight: Weight, settings: Accumulation): SecondMomentPlan {
  return {
    state: [
      {
        key: "exp_avg_sq",
        kind: "secondMoment",
        shape: [weight.rows, weight.cols],
        dtype: "float32",
        fill: settings.initial,
      },
    ],
    partition: "elementwise",
    block: 0,
    mean: false,
    scalars: accumulationScalars(settings),
  };
}

/** One second moment for each element: Adam, RMSprop; with beta 1, AdaGrad. */
export function elementwise(options: ElementwiseOptions = {}): SecondMoment {
  requireKnownOptions("elementwise", options, ["kind", ...accumulationOptions]);
  const settings = accumulation(options);
  const part = {
    kind: "elementwise",
    ...settings,
    plan: (weight: Weight) => elementwisePlan(weight, settings),
  };
  return part;
}
