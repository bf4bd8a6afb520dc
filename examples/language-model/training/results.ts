import type { OptimizerName } from "./contenders.js";
import type { BatchRecord } from "./growing-batches.js";

/** One look at the validation text during training. */
export interface Evaluation {
  readonly step: number;
  /** Tokens trained on so far. */
  readonly tokens: number;
  /** Seconds of training so far: forward, backward and optimizer, without evaluations. */
  readonly seconds: number;
  /** Mean cross-entropy on the evaluation batches, in nats per token. */
  readonly loss: number;
}

/** What one optimizer's training came to. */
export interface ContenderResult {
  readonly name: OptimizerName;
  readonly title: string;
  readonly learningRate: number;
  readonly description: string;
  /** From before the first step to after the last. */
  readonly evaluations: readonly Evaluation[];
  /** Training loss of every step, before its update. */
  readonly trainingLoss: readonly number[];
  /** Milliseconds of every step: forward and backward, and the optimizer. */
  readonly modelMilliseconds: readonly number[];
  readonly optimizerMilliseconds: readonly number[];
  /** Bytes of optimizer state by kind, bases included. */
  readonly stateBytes: Readonly<Record<string, number>>;
  /** Mean cross-entropy over the whole held-out tail after the last step, in nats per token. */
  readonly finalLoss: number;
  /** The batch of every step, where batches may grow. */
  readonly batches?: readonly BatchRecord[];
  /** What the trained model writes. */
  readonly sample: string;
}

/**
 * The mean of a step's times, without the first step, which compiles and allocates. Not the median:
 * some steps renew bases of subspaces, and they count.
 */
export function meanTime(milliseconds: readonly number[]): number {
  const warm = milliseconds.length > 1 ? milliseconds.slice(1) : milliseconds;
  return sum(warm) / warm.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
