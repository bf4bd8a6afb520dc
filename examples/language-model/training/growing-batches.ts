import * as tf from "@tensorflow/tfjs";
import {
  AdaptiveBatch,
  type BatchPlan,
  type BatchReason,
  type BatchTest,
  type BatchTestKind,
  Optimizer,
  type Recipe,
} from "lean-optim";
import type { Parameter } from "../model/parameters.js";
import { MAX_GRADIENT_NORM } from "./contenders.js";
import type { Gradients } from "./trainee.js";

/** How much noise each test allows: as in published runs (arXiv 2402.11215). */
export const batchTests: Readonly<Record<BatchTestKind, BatchTest>> = {
  norm: { kind: "norm", eta: 0.5 },
  innerProduct: { kind: "innerProduct", theta: 0.5 },
  augmented: { kind: "augmented", theta: 0.5, nu: 1 },
  coordinate: { kind: "coordinate", eta: 0.5 },
};

export const batchTestKinds = Object.keys(batchTests) as BatchTestKind[];

/** How many times as large as the first a batch may become. */
export const MOST_GROWTH = 16;

/** Few micro-batches estimate noise badly: a batch is tested now and then, and grows step by step. */
export const TEST_INTERVAL = 5;
export const GROWTH_AT_ONCE = 1.5;

/** The micro-batches of a first batch, where it has enough sequences. */
const FIRST_GROUPS = 4;

/** Sequences of a micro-batch, where the first batch has `sequences`. */
export function microBatchOf(sequences: number): number {
  return Math.max(1, Math.floor(sequences / FIRST_GROUPS));
}

/** A step's batch: its size, and why it has it. */
export interface BatchRecord {
  readonly step: number;
  /** Sequences of the batch, and of all batches so far. */
  readonly sequences: number;
  readonly samples: number;
  readonly reason: BatchReason;
  /** Of the gradient that a test was about: its variance over its squared norm. */
  readonly noise?: number;
}

/**
 * An optimizer of the library over a model's variables, whose batches grow. `lean-optim/tfjs` steps
 * at every gradient; this adds up those of a batch, and so has the values in arrays of its own, which it
 * copies into the variables after each step.
 */
export class GrowingBatches {
  readonly #variables: readonly tf.Variable[];
  readonly #values: readonly Float32Array[];
  readonly #optimizer: Optimizer;
  readonly #batch: AdaptiveBatch;
  readonly #records: BatchRecord[] = [];
  #plan: BatchPlan | undefined;

  /** The first batch has `sequences`; `variables` are in the order of `parameters`. */
  constructor(
    variables: readonly tf.Variable[],
    parameters: readonly Parameter[],
    recipeOf: (parameter: Parameter) => Recipe,
    test: BatchTestKind,
    sequences: number,
  ) {
    this.#variables = variables;
    this.#values = parameters.map(({ values }) => values.slice());
    const all = parameters.map((parameter, i) => {
      const { name, shape } = parameter;
      const param = { name, shape, data: this.#values[i] as Float32Array };
      return { optimizer: recipeOf(parameter), param };
    });
    const groups = [...new Set(all.map(({ optimizer }) => optimizer))].map((optimizer) => ({
      optimizer,
      params: all.filter((one) => one.optimizer === optimizer).map(({ param }) => param),
    }));
    this.#optimizer = new Optimizer(groups, { maxGradNorm: MAX_GRADIENT_NORM });
    this.#batch = new AdaptiveBatch(this.#optimizer, {
      batchSize: sequences,
      maxBatchSize: MOST_GROWTH * sequences,
      microBatch: microBatchOf(sequences),
      test: batchTests[test],
      testInterval: TEST_INTERVAL,
      maxGrowth: GROWTH_AT_ONCE,
    });
  }

  /** Every batch so far. */
  get records(): readonly BatchRecord[] {
    return this.#records;
  }

  /** Bytes of the optimizer's state by kind. */
  get stateBytes(): Readonly<Record<string, number>> {
    return this.#optimizer.memory().byKind;
  }

  /** The micro-batches of the next step; 0 if it would go beyond `budget` sequences in all. */
  next(budget: number): number {
    const plan = this.#batch.next();
    if (plan.samples > budget) return 0;
    const { step, batchSize, samples, reason, noise } = plan;
    this.#plan = plan;
    this.#records.push({
      step,
      sequences: batchSize,
      samples,
      reason,
      ...(noise !== undefined && { noise: noise.variance / noise.meanSquare }),
    });
    return plan.accumulation;
  }

  /** Takes the gradients of a micro-batch. */
  add(gradients: Gradients): void {
    const arrays = [...gradients].map(
      ([name, gradient]) => [name, gradient.dataSync() as Float32Array] as const,
    );
    this.#batch.add(Object.fromEntries(arrays));
  }

  /** Steps with their mean; schedules are in sequences. */
  step(): void {
    this.#batch.step({ progress: (this.#plan as BatchPlan).samples });
    this.#variables.forEach((variable, i) => {
      const values = tf.tensor(this.#values[i] as Float32Array, variable.shape);
      variable.assign(values);
      values.dispose();
    });
  }

  dispose(): void {
    this.#batch.dispose();
    this.#optimizer.dispose();
  }
}
