import {
  accumulate,
  applyUpdate,
  denominators,
  effectiveGradient,
  type StepResult,
  updateSecondMoment,
} from "./moments.js";
import { type Partition, partition, type Reduce } from "./partition.js";
import type { StepScalars } from "./step-scalars.js";

/** One parameter and its states before a step. */
export interface DenseStepInput {
  readonly param: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
  /** As many elements as the parameter. Absent: the gradient itself is the numerator. */
  readonly momentum?: ArrayLike<number> | null;
  /** One element a subset. Absent: no denominator. */
  readonly secondMoment?: ArrayLike<number> | null;
  /** Default: each element alone. */
  readonly subsets?: Partition;
  readonly reduce?: Reduce;
}

/**
 * One step with a momentum of the parameter's own shape, or none: Adam, Adagrad, RMSprop, SGD and
 * their Subset-Norm forms. See {@link StepScalars} for the rule.
 */
export function denseStep(input: DenseStepInput, scalars: StepScalars): StepResult {
  const { param, grad, reduce = "sum" } = input;
  const subsets = input.subsets ?? partition([param.length], "elementwise");
  const g = effectiveGradient(param, grad, scalars);
  const secondMoment = input.secondMoment
    ? updateSecondMoment(input.secondMoment, g, subsets, reduce, scalars)
    : null;
  const momentum = input.momentum
    ? accumulate(input.momentum, g, { decay: scalars.mDecay, gain: scalars.mGain })
    : null;
  const numerator = momentum
    ? momentum.map((m, i) => scalars.nGrad * g[i] + scalars.mScale * m)
    : g;
  const denominator = denominators(g.length, secondMoment, subsets, scalars);
  return { param: applyUpdate(param, numerator, denominator, scalars), momentum, secondMoment };
}
