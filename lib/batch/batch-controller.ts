/** Batch sizes that grow when the gradient's noise asks for it: the decisions alone, on plain numbers. */
import { LeanError } from "../errors.js";
import {
  requireBoolean,
  requireFinite,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  show,
} from "../options.js";
import { type BatchGrid, requireGrid, roundedBatch } from "./batch-size.js";
import {
  type BatchTest,
  type BatchTestKind,
  batchTestOf,
  type CheckedBatchTest,
  tooSmallBy,
} from "./batch-test.js";
import {
  type GradientNoise,
  type GroupStatistics,
  gradientNoise,
  requireStatistics,
} from "./statistics.js";

export interface BatchOptions extends BatchGrid {
  /** Samples of the first batch, rounded up to whole micro-batches on every rank. */
  batchSize: number;
  /** The batch never grows beyond it. */
  maxBatchSize: number;
  /** Default "norm" with eta 0.1. */
  test?: BatchTest | BatchTestKind;
  /** Steps from one test to the next. Default 1. */
  testInterval?: number;
  /**
   * Steps by which a decision is later than its test: a device then has so long to answer before
   * anybody waits for it. Default 1.
   */
  delay?: number;
  /** The most that one test may multiply the batch by. Default: no limit (published). */
  maxGrowth?: number;
  /**
   * Subtract the noise from ‖ḡ‖², which holds it once: E‖ḡ‖² = ‖∇‖² + variance. Stricter when noise
   * dominates. Default false (published).
   */
  unbiasedNorm?: boolean;
  /** How the learning rate follows the batch: lr·(B/B₀)^p, p = 0, ½ or 1. Default "none". */
  lrCoupling?: "none" | "sqrt" | "linear";
}

/** Why a batch has the size that it has. */
export type BatchReason =
  /** Nothing has been decided yet. */
  | "initial"
  /** No test was due. */
  | "untested"
  /** The test held. */
  | "held"
  /** It did not, and the batch has grown. */
  | "grown"
  /** It did not, and the batch is as large as it may be. */
  | "capped"
  /** The gradient was zero or not finite: nothing can be said. */
  | "undecided";

/** A batch to take, and why. */
export interface BatchPlan {
  /** The step that it is for, from 1. */
  readonly step: number;
  readonly batchSize: number;
  /** Micro-batches of each rank. */
  readonly accumulation: number;
  /** What the learning rate is to be multiplied by. */
  readonly lrFactor: number;
  /** Samples of all steps up to and including this one: what schedules may read. */
  readonly samples: number;
  readonly reason: BatchReason;
  /** What the test was about, where there was one. */
  readonly noise?: GradientNoise & {
    /** The step whose gradient it is of. */
    readonly step: number;
    /** The test holds up to 1. */
    readonly tooSmallBy: number;
  };
}

const exponents = { none: 0, sqrt: 0.5, linear: 1 } as const;

const optionNames = [
  "batchSize",
  "maxBatchSize",
  "microBatch",
  "world",
  "test",
  "testInterval",
  "delay",
  "maxGrowth",
  "unbiasedNorm",
  "lrCoupling",
];

/** Statistics of a step, or what will give them. */
type Observed = () => GroupStatistics;

interface Observation {
  readonly step: number;
  readonly batchSize: number;
  readonly read: Observed;
}

/** What {@link BatchController.state} gives: JSON. */
export interface BatchState {
  readonly step: number;
  readonly samples: number;
  readonly batchSize: number;
  readonly initialBatchSize: number;
  readonly microBatch: number;
  readonly world: number;
  /** Tests that are decided later. */
  readonly observations: readonly {
    readonly step: number;
    readonly batchSize: number;
    readonly statistics: GroupStatistics;
  }[];
}

/**
 * AdAdaGrad's adaptive batch sizes (arXiv 2402.11215): after a step whose gradient is too noisy for
 * its size, the batch grows to what would have held the test, never shrinks, and stays within
 * `maxBatchSize`. Over any optimizer: `adagrad` makes it AdAdaGrad, `adagradNorm` AdAdaGrad-Norm.
 * This is the rule alone, fed with numbers; {@link AdaptiveBatch} takes them of gradients.
 *
 * @example
 * const batch = new BatchController({ batchSize: 256, maxBatchSize: 8192, microBatch: 32 });
 * for (let plan = batch.next(); ; plan = batch.next()) {
 *   // plan.accumulation gradients of 32 samples, a step, and their statistics
 *   batch.observe({ groups: plan.accumulation, sumOfSquares, meanSquare });
 * }
 */
export class BatchController {
  readonly test: CheckedBatchTest;
  readonly #options: Required<Omit<BatchOptions, "test" | "maxGrowth">> & {
    readonly maxGrowth: number;
  };
  readonly #initial: number;
  #batchSize: number;
  #step = 0;
  #samples = 0;
  #observations: Observation[] = [];

  /** @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION */
  constructor(options: BatchOptions) {
    requireKnownOptions("BatchController", options, optionNames);
    const { batchSize, maxBatchSize, microBatch, world = 1 } = options;
    const { testInterval = 1, delay = 1, maxGrowth = Number.POSITIVE_INFINITY } = options;
    const { unbiasedNorm = false, lrCoupling = "none" } = options;
    requireGrid(batchSize, { microBatch, world }, maxBatchSize);
    requireInteger("testInterval", testInterval, 1);
    requireInteger("delay", delay, 0, 1000);
    if (maxGrowth !== Number.POSITIVE_INFINITY) requireFinite("maxGrowth", maxGrowth, 1);
    requireBoolean("unbiasedNorm", unbiasedNorm);
    requireOneOf("lrCoupling", lrCoupling, ["none", "sqrt", "linear"]);
    this.test = batchTestOf(options.test ?? "norm");
    this.#options = {
      batchSize,
      maxBatchSize,
      microBatch,
      world,
      testInterval,
      delay,
      maxGrowth,
      unbiasedNorm,
      lrCoupling,
    };
    this.#initial = roundedBatch(batchSize, { microBatch, world }, maxBatchSize);
    this.#batchSize = this.#initial;
  }

  /** Samples of the batch that was last asked for; of the first, before. */
  get batchSize(): number {
    return this.#batchSize;
  }

  /** Micro-batches of each rank in the largest batch. */
  get maxAccumulation(): number {
    const { microBatch, world, maxBatchSize } = this.#options;
    return roundedBatch(maxBatchSize, { microBatch, world }, maxBatchSize) / (microBatch * world);
  }

  /** Whether the batch that was last asked for is to be observed: a test is due, and it can grow. */
  get isTestDue(): boolean {
    const { testInterval } = this.#options;
    return this.#step > 0 && this.#step % testInterval === 0 && !this.#isFull;
  }

  /** What a test of the batch that was last asked for is given. */
  observe(statistics: GroupStatistics): void {
    requireStatistics(statistics);
    this.observeLater(() => statistics);
  }

  /** The same, asked for when it is needed: `delay` steps later, or by {@link state}. */
  observeLater(read: Observed): void {
    if (!this.isTestDue) return;
    this.#observations.push({ step: this.#step, batchSize: this.#batchSize, read });
  }

  /** The next batch to take. Reads observations that are `delay` steps old. */
  next(): BatchPlan {
    const { microBatch, world, delay, lrCoupling } = this.#options;
    const step = this.#step + 1;
    let verdict: Pick<BatchPlan, "reason" | "noise"> = {
      reason: step === 1 ? "initial" : "untested",
    };
    while ((this.#observations[0]?.step ?? step) < step - delay) {
      verdict = this.#decide(this.#observations[0] as Observation);
      this.#observations.shift();
    }
    this.#step = step;
    this.#samples += this.#batchSize;
    return {
      step,
      batchSize: this.#batchSize,
      accumulation: this.#batchSize / (microBatch * world),
      lrFactor: (this.#batchSize / this.#initial) ** exponents[lrCoupling],
      samples: this.#samples,
      ...verdict,
    };
  }

  /** Everything that a resumed controller needs. Waits for tests that are under way. */
  state(): BatchState {
    const { microBatch, world } = this.#options;
    return {
      step: this.#step,
      samples: this.#samples,
      batchSize: this.#batchSize,
      initialBatchSize: this.#initial,
      microBatch,
      world,
      observations: this.#observations.map(({ step, batchSize, read }) => ({
        step,
        batchSize,
        statistics: read(),
      })),
    };
  }

  /**
   * Goes on from a {@link state}.
   *
   * @throws LeanError ERR_LEAN_CHECKPOINT where it is none, or of another world size, micro-batch or
   *   first batch, or its batch is beyond `maxBatchSize`; the controller is then as before
   */
  restore(state: BatchState): void {
    const { microBatch, world, maxBatchSize } = this.#options;
    const own = { microBatch, world, initialBatchSize: this.#initial };
    for (const name of ["microBatch", "world", "initialBatchSize"] as const) {
      const found = state?.[name];
      if (found !== own[name]) refuseState(name, found, `it is ${own[name]} here`);
    }
    const { step, samples, batchSize, observations } = state;
    if (!Number.isSafeInteger(step) || step < 0) refuseState("step", step, "no step has it");
    if (!Number.isSafeInteger(samples) || samples < 0) refuseState("samples", samples, "it counts");
    const isOnGrid = roundedBatch(batchSize, { microBatch, world }, maxBatchSize) === batchSize;
    if (!isOnGrid || batchSize < this.#initial) {
      refuseState(
        "batchSize",
        batchSize,
        `batches go from ${this.#initial} to ${maxBatchSize} here`,
      );
    }
    if (!Array.isArray(observations))
      refuseState("observations", observations, "a list is expected");
    for (const { statistics } of observations) requireStatistics(statistics);
    this.#step = step;
    this.#samples = samples;
    this.#batchSize = batchSize;
    this.#observations = observations.map(({ statistics, ...rest }) => ({
      ...rest,
      read: () => statistics,
    }));
  }

  get #isFull(): boolean {
    const { microBatch, world, maxBatchSize } = this.#options;
    return this.#batchSize >= roundedBatch(maxBatchSize, { microBatch, world }, maxBatchSize);
  }

  #decide({ step, batchSize, read }: Observation): Pick<BatchPlan, "reason" | "noise"> {
    const { microBatch, world, maxBatchSize, maxGrowth, unbiasedNorm } = this.#options;
    const noise = gradientNoise(read());
    const meanSquare = unbiasedNorm ? noise.meanSquare - noise.variance : noise.meanSquare;
    // Where nothing is left of the gradient, the noise is all there is.
    const isLost = unbiasedNorm && noise.variance > 0 && meanSquare <= 0;
    const factor = isLost
      ? Number.POSITIVE_INFINITY
      : tooSmallBy(this.test, { ...noise, meanSquare });
    const report = { ...noise, step, tooSmallBy: factor };
    if (Number.isNaN(factor)) return { reason: "undecided", noise: report };
    if (factor <= 1) return { reason: "held", noise: report };
    const wanted = Math.min(batchSize * Math.min(factor, maxGrowth), maxBatchSize);
    const before = this.#batchSize;
    this.#batchSize = Math.max(before, roundedBatch(wanted, { microBatch, world }, maxBatchSize));
    const hasGrown = this.#batchSize > before;
    return { reason: hasGrown ? "grown" : this.#isFull ? "capped" : "held", noise: report };
  }
}

function refuseState(name: string, value: unknown, why: string): never {
  throw new LeanError("ERR_LEAN_CHECKPOINT", `the state's ${name} is ${show(value)}, but ${why}`, {
    parameter: name,
    value,
  });
}
