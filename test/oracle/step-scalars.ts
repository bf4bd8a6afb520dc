/**
 * The numbers of one step of one parameter. With W the weight, G the gradient, m a momentum, v a
 * second moment and q a statistic of g (its squares, or their sum or mean over a subset):
 *
 *     g = gradFactor·G + l2·W
 *     m ← mDecay·m + mGain·g                      N = nGrad·g + mScale·m
 *     v ← vDecay·v + vGain·q
 *     W ← decayAfter·(decayBefore·W − stepSize·N / (√v·vScale + eps))
 *
 * N = g where there is no momentum; the denominator is 1 where there is no second moment.
 */
export interface StepScalars {
  /** Clip factor, times the inverse of a gradient scale. */
  readonly gradFactor: number;
  /** Weight decay that is part of the gradient. */
  readonly l2: number;
  readonly mDecay: number;
  readonly mGain: number;
  /** 1 / (1 − β1^t) where the momentum corrects its own bias. */
  readonly mScale: number;
  /** 1 under Nesterov momentum, else 0. */
  readonly nGrad: number;
  readonly vDecay: number;
  readonly vGain: number;
  /** 1 / √(1 − β2^t) where the second moment corrects its own bias. */
  readonly vScale: number;
  readonly eps: number;
  readonly stepSize: number;
  /** 1 − lr·λ, applied to W before the update. */
  readonly decayBefore: number;
  /** The same, applied after it. */
  readonly decayAfter: number;
}

/** Scalars of plain gradient descent with a step of 1, to be overridden one by one. */
export const neutralScalars: StepScalars = {
  gradFactor: 1,
  l2: 0,
  mDecay: 0,
  mGain: 1,
  mScale: 1,
  nGrad: 0,
  vDecay: 0,
  vGain: 1,
  vScale: 1,
  eps: 0,
  stepSize: 1,
  decayBefore: 1,
  decayAfter: 1,
};
