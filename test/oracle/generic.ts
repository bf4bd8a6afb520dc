import { denseStep } from "./dense-step.js";
import { clipFactor, globalNorm, gradientStats } from "./gradient-stats.js";
import { lineStep } from "./line-step.js";
import { type LowRankStepInput, type LowRankStepResult, lowRankStep } from "./low-rank-step.js";
import { type Matrix, matrix } from "./matrix.js";
import {
  averageGains,
  biasCorrection,
  effectiveGradient,
  heavyBallGains,
  type StepResult,
} from "./moments.js";
import { defaultOptions, type OracleOptions } from "./options.js";
import { elementCount, matrixShape, type Partition, partition } from "./partition.js";
import { neutralScalars, type StepScalars } from "./step-scalars.js";
import {
  exactBasis,
  lineBasis,
  projectedDimension,
  projectedShape,
  rotateMomentum,
  type Side,
  sideOf,
  topLines,
} from "./subspace.js";
import { subspaceStep } from "./subspace-step.js";

/** What may be handed to one step. */
export interface OracleStepArguments {
  /** Orthonormal columns, k × r by rows: the basis to use if a refresh is due. */
  readonly basis?: ArrayLike<number>;
  /** m × r: what to use on the left beside it, on the side `full`. */
  readonly leftBasis?: ArrayLike<number>;
  /** r row or column numbers: the lines to keep if a refresh is due. */
  readonly lines?: ArrayLike<number>;
  /** The 2-norm of the gradients of all parameters. Default: of this one alone. */
  readonly gradNorm?: number;
  /** The learning rate of this step, in place of the option. */
  readonly lr?: number;
}

/** The subspace in use: a k × r basis, and the lines where it consists of unit vectors. */
interface Subspace {
  readonly basis: Matrix;
  readonly lines: ArrayLike<number> | null;
  readonly leftBasis?: Matrix;
}

/** How a parameter is seen by its projection. */
interface Geometry {
  readonly shape: readonly [rows: number, cols: number];
  readonly side: Side;
  readonly rank: number;
  /** Whether there is a basis on the left beside that on the right. */
  readonly isFull: boolean;
}

/** A low-rank step as it was taken, for error bounds. */
export interface LowRankTaken {
  readonly input: LowRankStepInput;
  readonly scalars: StepScalars;
  readonly after: LowRankStepResult;
}

/**
 * The whole family of optimizers on one parameter, in float64, as plainly as possible. With
 * G̃ = c·G (+ λ·W under l2), c the clip factor:
 *
 * 1. second moment: q from G̃ (each element, subset, or the whole tensor); v ← β2·v + (1 − β2)·q, or
 *    v ← v + q for β2 = 1;
 * 2. momentum: none, N = G̃; ema, M ← β1·M + (1 − β1)·G̃ and N = M / (1 − β1^updates); heavy ball,
 *    M ← μ·M + (1 − τ)·G̃ and N = M, or G̃ + μ·M under Nesterov; subspace, R = proj(G̃),
 *    M ← β1·M + (1 − β1)·R and N = G̃ + back(M / bc1 − R), where bc1 = 1 − β1^k with k the updates
 *    since the momentum was restarted, or 1 − β1^updates where it survives a refresh;
 * 3. W ← (1 − lr·λ)·W − lr·N / (√(v / bc2) + ε), bc2 = 1 − β2^updates, or 1 for a sum.
 *
 * lowRank keeps both moments in the coordinates of the basis: test/oracle/low-rank-step.ts.
 *
 * A refresh is due where there is no basis, and at calls with calls > 1, calls − 1 ≥ offset and
 * (calls − 1 − offset) mod gap = 0. A step skipped for a non-finite gradient counts as a call and
 * changes nothing else.
 *
 * Sources: Adam (Kingma & Ba 2015, Algorithm 1), AdamW (Loshchilov & Hutter 2019, Algorithm 2),
 * Adagrad (Duchi et al. 2011) and heavy ball (Polyak 1964) in torch's form; Subset-Norm and
 * Subspace-Momentum (Nguyen & Nguyen, arXiv 2411.07120); their published code for the modes `hf`,
 * `after` and `published`.
 */
export class OracleOptimizer {
  /** The weight, by rows. */
  param: Float64Array;
  /** As the weight, or of proj(G)'s shape; null without momentum. */
  momentum: Float64Array | null;
  /** One entry a subset; null without a second moment. */
  secondMoment: Float64Array | null;
  /** null before the first refresh, and where there is none. */
  subspace: Subspace | null = null;
  /** Of low-rank steps: what their growth is limited by. */
  lastNorm = 0;
  /** How the last one was taken; null where it was none, or skipped. */
  taken: LowRankTaken | null = null;
  /** Steps taken or skipped. */
  calls = 0;
  /** Steps taken. */
  updates = 0;
  /** Updates since the momentum was last restarted. */
  sinceRestart = 0;

  readonly #options: OracleOptions;
  readonly #subsets: Partition;
  readonly #geometry: Geometry | null;

  constructor(
    param: ArrayLike<number>,
    options: Partial<OracleOptions> & Pick<OracleOptions, "shape" | "lr">,
  ) {
    const o: OracleOptions = { ...defaultOptions, ...options };
    if (param.length !== elementCount(o.shape)) {
      throw new RangeError(`${param.length} elements for the shape [${o.shape}]`);
    }
    this.#options = o;
    this.#subsets = subsetsOf(o);
    this.#geometry = isProjected(o) ? geometryOf(o) : null;
    this.param = Float64Array.from(param);
    this.momentum = o.moment1 === "none" ? null : new Float64Array(this.#momentumCount());
    this.secondMoment =
      o.moment1 === "lowRank"
        ? new Float64Array(this.#momentumCount())
        : o.moment2 === "none"
          ? null
          : new Float64Array(this.#subsets.count).fill(o.initialAccumulator);
  }

  /** Takes one step; returns false where it was skipped for a non-finite gradient. */
  step(grad: ArrayLike<number>, given: OracleStepArguments = {}): boolean {
    const { skipNonFinite, onRefresh } = this.#options;
    this.calls++;
    this.taken = null;
    const stats = gradientStats(grad, this.#subsets);
    const norm = given.gradNorm ?? globalNorm([stats]);
    if (skipNonFinite && !(stats.isFinite && Number.isFinite(norm))) return false;

    const factor = this.#gradientFactor(norm);
    const isFirstBasis = this.subspace === null;
    const isRefresh = isProjected(this.#options) && this.#isRefreshDue();
    if (isRefresh) this.#refresh(grad, factor, given);
    this.updates++;
    this.sinceRestart++;

    const after = this.#apply(grad, this.#scalars(factor, given.lr ?? this.#options.lr));
    this.param = after.param;
    this.momentum = after.momentum;
    this.secondMoment = after.secondMoment;
    if (isRefresh && !isFirstBasis && onRefresh === "published") this.#restart();
    return true;
  }

  #momentumCount(): number {
    if (this.#geometry === null) return this.param.length;
    const { shape, side, rank, isFull } = this.#geometry;
    if (isFull) return rank * rank;
    return elementCount(projectedShape(side, ...shape, rank));
  }

  #restart(): void {
    this.momentum?.fill(0);
    this.sinceRestart = 0;
  }

  /** c = min(1, maximum / (norm + 1e-6)), or 1 where nothing is clipped. */
  #gradientFactor(norm: number): number {
    const { maxGradNorm } = this.#options;
    return maxGradNorm === null ? 1 : clipFactor(norm, maxGradNorm);
  }

  #isRefreshDue(): boolean {
    const { gap, offset } = this.#options;
    if (this.subspace === null) return true;
    const since = this.calls - 1 - offset;
    return this.calls > 1 && since >= 0 && since % gap === 0;
  }

  /** Replaces the subspace and carries the momentum over. */
  #refresh(grad: ArrayLike<number>, gradFactor: number, given: OracleStepArguments): void {
    const { onRefresh } = this.#options;
    const { shape, side } = this.#geometry as Geometry;
    const old = this.subspace;
    const l2 = this.#l2();
    const gradient = effectiveGradient(this.param, grad, { ...neutralScalars, gradFactor, l2 });
    this.subspace = this.#newSubspace(matrix(...shape, gradient), given);
    if (onRefresh === "restart") {
      this.#restart();
    } else if (onRefresh === "rotate" && old !== null && this.momentum !== null) {
      const coordinates = matrix(...projectedShape(side, ...shape, old.basis.cols), this.momentum);
      this.momentum = rotateMomentum(coordinates, old.basis, this.subspace.basis, side).data;
    }
  }

  #newSubspace(gradient: Matrix, given: OracleStepArguments): Subspace {
    const { projector } = this.#options;
    const { shape, side, rank } = this.#geometry as Geometry;
    const dimension = projectedDimension(side, ...shape);
    if (projector === "svd") return { basis: exactBasis(gradient, rank, side), lines: null };
    if (projector === "given") {
      if (given.basis === undefined) throw new RangeError(`no basis given at call ${this.calls}`);
      const leftBasis = given.leftBasis && matrix(shape[0], rank, given.leftBasis);
      return { basis: matrix(dimension, rank, given.basis), lines: null, leftBasis };
    }
    const lines = projector === "topK" ? topLines(gradient, rank, side) : given.lines;
    if (lines === undefined) throw new RangeError(`no lines given at call ${this.calls}`);
    return { basis: lineBasis(lines, dimension), lines };
  }

  #l2(): number {
    const { decayMode, weightDecay } = this.#options;
    return decayMode === "l2" ? weightDecay : 0;
  }

  #scalars(gradFactor: number, baseLr: number): StepScalars {
    const o = this.#options;
    const [beta1, beta2] = o.betas;
    const { first, second, mode } = o.biasCorrection;
    const lr = baseLr / (1 + (this.updates - 1) * o.lrDecay);
    const decay = 1 - lr * o.weightDecay;

    const isHeavyBall = o.moment1 === "heavyBall";
    const m = isHeavyBall
      ? heavyBallGains(o.momentum, o.dampening, this.updates === 1)
      : averageGains(beta1);
    const v = averageGains(beta2);
    const isOwn = mode === "torch";
    const ownAge = survivesRefresh(o) ? this.updates : this.sinceRestart;
    const bc1 = first ? biasCorrection(beta1, isOwn ? ownAge : this.updates) : 1;
    const bc2 = second ? biasCorrection(beta2, this.updates) : 1;
    const nesterovScale = o.nesterov ? o.momentum : 1;
    return {
      gradFactor,
      l2: this.#l2(),
      mDecay: m.decay,
      mGain: m.gain,
      mScale: isHeavyBall ? nesterovScale : isOwn ? 1 / bc1 : 1,
      nGrad: isHeavyBall && o.nesterov ? 1 : 0,
      vDecay: v.decay,
      vGain: v.gain,
      vScale: isOwn ? 1 / Math.sqrt(bc2) : 1,
      eps: o.eps,
      stepSize: isOwn ? lr : (lr * Math.sqrt(bc2)) / bc1,
      decayBefore: o.decayMode === "before" ? decay : 1,
      decayAfter: o.decayMode === "after" ? decay : 1,
    };
  }

  #apply(grad: ArrayLike<number>, scalars: StepScalars): StepResult {
    const { param, momentum, secondMoment } = this;
    const { reduce } = this.#options;
    const states = { param, grad, secondMoment, subsets: this.#subsets, reduce };
    if (this.#geometry === null || this.subspace === null || momentum === null) {
      return denseStep({ ...states, momentum }, scalars);
    }
    const { shape, side } = this.#geometry;
    const { basis, lines, leftBasis } = this.subspace;
    if (this.#options.moment1 === "lowRank" && secondMoment !== null) {
      const { direction, wholeNorm, scale, maxGrowth } = this.#options;
      const { lastNorm } = this;
      const options = { direction, wholeNorm, scale, maxGrowth, lastNorm };
      const weight = { shape, side, param, grad, basis, leftBasis, momentum, secondMoment };
      const input = { ...weight, ...options };
      const after = lowRankStep(input, scalars);
      this.taken = { input, scalars, after };
      this.lastNorm = after.lastNorm;
      return after;
    }
    const projected = { ...states, shape, side, momentum };
    return lines === null
      ? subspaceStep({ ...projected, basis }, scalars)
      : lineStep({ ...projected, lines }, scalars);
  }
}

function subsetsOf(options: OracleOptions): Partition {
  const { shape, moment2, blockRule } = options;
  if (moment2 === "subset") return partition(shape, options.partition, blockRule);
  return partition(shape, moment2 === "scalar" ? "tensor" : "elementwise");
}

function geometryOf({ shape, projector, side, rank }: OracleOptions): Geometry {
  const [rows, cols] = matrixShape(shape);
  const keepsLines = projector === "topK" || projector === "givenLines";
  const isFull = side === "full";
  const rule = side ?? (keepsLines ? "reverse" : "std");
  const chosen = rule === "full" ? "right" : sideOf(rule, rows, cols);
  const limit = isFull ? Math.min(rows, cols) : projectedDimension(chosen, rows, cols);
  return { shape: [rows, cols], side: chosen, rank: Math.min(rank, limit), isFull };
}

function isProjected({ moment1 }: Pick<OracleOptions, "moment1">): boolean {
  return moment1 === "subspace" || moment1 === "lowRank";
}

/** Whether the momentum's age counts all updates rather than those since it was restarted. */
function survivesRefresh({ moment1, onRefresh }: OracleOptions): boolean {
  return !isProjected({ moment1 }) || onRefresh === "rotate" || onRefresh === "keep";
}
