import type { Counters } from "./counters.js";
import { averageGains, biasCorrection, heavyBallGains } from "./moments.js";
import type { StepScalars } from "./step-scalars.js";

export interface ScalarsInput {
  /** Before the update is counted. */
  readonly counters: Counters;
  readonly lr: number;
  readonly weightDecay: number;
  readonly decay: "before" | "after" | "l2";
  readonly lrDecay: number;
  readonly gradScale: number;
  /** Factor of clipping. */
  readonly clip: number;
  readonly momentum: "none" | "ema" | "heavyBall" | "subspace";
  readonly beta1: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly hasSecondMoment: boolean;
  readonly beta2: number;
  readonly eps: number;
  /** `torch`: each moment corrects its own bias; `hf`: the step is corrected as a whole. */
  readonly bias: "torch" | "hf";
  readonly correctFirst: boolean;
  readonly correctSecond: boolean;
  /** Whether the momentum's age is counted from its last restart. */
  readonly perBasis: boolean;
}

export interface ScalarsResult {
  readonly counters: Counters;
  readonly scalars: StepScalars;
  /** Whether the momentum is zeroed after the step: the age of what follows starts again. */
  readonly dropsMomentum: boolean;
}

/** The numbers of a parameter's next update. See {@link StepScalars} for what they mean. */
export function scalars(input: ScalarsInput): ScalarsResult {
  const { weightDecay, decay, beta1, beta2, bias } = input;
  const updates = input.counters.updates + 1;
  const sinceBasis = input.counters.sinceBasis + 1;
  const lr = input.lr / (1 + (updates - 1) * input.lrDecay);
  const isAverage = input.momentum === "ema" || input.momentum === "subspace";
  const age = input.perBasis ? sinceBasis : updates;
  const bc1 = isAverage && input.correctFirst ? biasCorrection(beta1, age) : 1;
  const isAveraged = input.hasSecondMoment && input.correctSecond && beta2 > 0;
  const bc2 = isAveraged ? biasCorrection(beta2, updates) : 1;
  const v = averageGains(beta2);
  const kept = 1 - lr * weightDecay;
  const dropsMomentum = input.counters.hasBasis === 2;
  return {
    counters: {
      ...input.counters,
      updates,
      sinceBasis: dropsMomentum ? 0 : sinceBasis,
      hasBasis: dropsMomentum ? 1 : input.counters.hasBasis,
    },
    scalars: {
      gradFactor: input.clip / input.gradScale,
      l2: decay === "l2" ? weightDecay : 0,
      ...momentumScalars(input, updates === 1, bias === "torch" ? 1 / bc1 : 1),
      vDecay: v.decay,
      vGain: v.gain,
      vScale: bias === "torch" ? 1 / Math.sqrt(bc2) : 1,
      eps: input.eps,
      stepSize: bias === "torch" ? lr : (lr * Math.sqrt(bc2)) / bc1,
      decayBefore: decay === "before" ? kept : 1,
      decayAfter: decay === "after" ? kept : 1,
    },
    dropsMomentum,
  };
}

function momentumScalars(
  { momentum, beta1, dampening, nesterov }: ScalarsInput,
  isFirst: boolean,
  correction: number,
): Pick<StepScalars, "mDecay" | "mGain" | "mScale" | "nGrad"> {
  if (momentum !== "heavyBall") {
    const { decay, gain } = averageGains(beta1);
    if (!nesterov) return { mDecay: decay, mGain: gain, mScale: correction, nGrad: 0 };
    return { mDecay: decay, mGain: gain, mScale: decay * correction, nGrad: gain * correction };
  }
  const { decay, gain } = heavyBallGains(beta1, dampening, isFirst);
  return { mDecay: decay, mGain: gain, mScale: nesterov ? beta1 : 1, nGrad: nesterov ? 1 : 0 };
}
