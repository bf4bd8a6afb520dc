import * as tf from "@tensorflow/tfjs";
import type { Batch } from "../data/batches.js";
import { type OneHotTokens, oneHotRows, oneHotTokens } from "./operations/embedding.js";

/** Sequences of tokens as the tensors that models read. */
export interface EncodedInputs {
  readonly sequences: number;
  readonly length: number;
  readonly inputs: OneHotTokens;
}

/** A batch: sequences, and the tokens that follow. */
export interface EncodedBatch extends EncodedInputs {
  /** [sequences * length, vocabulary], one-hot. */
  readonly targets: tf.Tensor2D;
}

/** Runs `use` with the batch's tensors and frees them after it. */
export function withEncodedBatch<Result>(
  batch: Batch,
  vocabulary: number,
  use: (encoded: EncodedBatch) => Result,
): Result {
  const inputs = oneHotTokens(batch.inputs, vocabulary);
  const targets = oneHotRows(batch.targets, vocabulary);
  try {
    return use({ sequences: batch.count, length: batch.length, inputs, targets });
  } finally {
    tf.dispose([inputs.rows, inputs.columns, targets]);
  }
}
