/** A parameter under LDAdam, from its first step on. */
import { type LdadamSettings, ldadamStep, nextBasis, nextSingularBasis } from "./ldadam-step.js";
import { type Matrix, matrix } from "./matrix.js";
import { biasCorrection } from "./moments.js";
import { neutralScalars, type StepScalars } from "./step-scalars.js";
import { exactBasis, projectedDimension, projectedShape, type Side } from "./subspace.js";

export interface LdadamOptions extends LdadamSettings {
  readonly shape: readonly [rows: number, cols: number];
  readonly side: Side;
  readonly rank: number;
  readonly eps: number;
  readonly lr: number;
  readonly weightDecay: number;
  readonly errorFeedback: boolean;
  /** How bases after the first are found; the first is always by singular values. */
  readonly method: "powerIteration" | "svd";
}

export class LdadamOracle {
  readonly options: LdadamOptions;
  param: Float64Array;
  momentum: Float64Array;
  secondMoment: Float64Array;
  error: Float64Array | null;
  basis: Matrix;
  updates = 0;

  constructor(options: LdadamOptions, param: ArrayLike<number>) {
    const { shape, side, rank, errorFeedback } = options;
    const [rows, cols] = projectedShape(side, ...shape, rank);
    this.options = options;
    this.param = Float64Array.from(param);
    this.momentum = new Float64Array(rows * cols);
    this.secondMoment = new Float64Array(rows * cols);
    this.error = errorFeedback ? new Float64Array(this.param.length) : null;
    this.basis = matrix(projectedDimension(side, ...shape), rank);
  }

  /** `basis`: the one to step in, where it is not to be found here. */
  step(grad: ArrayLike<number>, more: { gradFactor?: number; lr?: number; basis?: Matrix } = {}) {
    const { options } = this;
    const { shape, side, rank } = options;
    this.updates++;
    if (this.updates === 1) {
      this.basis = more.basis ?? exactBasis(matrix(...shape, grad), rank, side);
    }
    const scalars = this.#scalars(more);
    const input = { ...this, shape, side, grad };
    const find = options.method === "svd" ? nextSingularBasis : nextBasis;
    const next = this.updates === 1 ? this.basis : (more.basis ?? find(input, scalars, options));
    const after = ldadamStep(input, next, scalars, options);
    this.basis = next;
    this.param = after.param;
    this.momentum = after.momentum;
    this.secondMoment = after.secondMoment;
    this.error = after.error;
  }

  #scalars({ gradFactor = 1, lr = this.options.lr }): StepScalars {
    const { beta1, beta2, eps, weightDecay } = this.options;
    return {
      ...neutralScalars,
      gradFactor,
      mDecay: beta1,
      mGain: 1 - beta1,
      mScale: 1 / biasCorrection(beta1, this.updates),
      vDecay: beta2,
      vGain: 1 - beta2,
      vScale: 1 / Math.sqrt(biasCorrection(beta2, this.updates)),
      eps,
      stepSize: lr,
      decayBefore: 1 - lr * weightDecay,
    };
  }
}
