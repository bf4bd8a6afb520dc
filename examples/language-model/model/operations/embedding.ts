import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

/** The tokens of a batch as one-hot rows and columns, made once and used by every model. */
export interface OneHotTokens {
  /** [n, vocabulary]. */
  readonly rows: tf.Tensor2D;
  /** [vocabulary, n]. */
  readonly columns: tf.Tensor2D;
}

export function oneHotTokens(tokens: Int32Array, vocabulary: number): OneHotTokens {
  const rows = oneHotRows(tokens, vocabulary);
  return { rows, columns: tf.transpose(rows) };
}

/**
 * [n, vocabulary], float32. (tf.oneHot on the wasm backend writes integers whatever its dtype.)
 */
export function oneHotRows(tokens: Int32Array, vocabulary: number): tf.Tensor2D {
  const rows = new Float32Array(tokens.length * vocabulary);
  tokens.forEach((token, i) => {
    rows[i * vocabulary + token] = 1;
  });
  return tf.tensor2d(rows, [tokens.length, vocabulary]);
}

/**
 * Rows of `table` [vocabulary, width] as a one-hot product [n, width], and its gradient as the
 * transposed one: the wasm backend has no UnsortedSegmentSum, which a gather's gradient needs.
 */
export function embed(tokens: OneHotTokens, table: tf.Tensor2D): tf.Tensor2D {
  const lookUp = differentiable((save, table: tf.Tensor2D) => {
    save(tokens.columns);
    return {
      value: tf.matMul<tf.Tensor2D>(tokens.rows, table),
      gradients: (dy: tf.Tensor2D, [columns]) => [tf.matMul(columns as tf.Tensor2D, dy)],
    };
  });
  return lookUp(table);
}
