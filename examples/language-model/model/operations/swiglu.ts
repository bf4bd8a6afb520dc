import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

/**
 * silu(gate) * up, elementwise (Shazeer 2020, arXiv 2002.05202), silu(a) = a sigmoid(a).
 * With s = sigmoid(gate): dgate = dy up s (1 + gate (1 - s)), dup = dy gate s.
 */
export const swiglu = differentiable((save, gate: tf.Tensor2D, up: tf.Tensor2D) => {
  const sigmoid = tf.sigmoid(gate);
  save(gate, up, sigmoid);
  return {
    value: tf.mul(tf.mul(gate, sigmoid), up) as tf.Tensor2D,
    gradients: (dy: tf.Tensor2D, saved) => {
      const [gate, up, sigmoid] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const weighted = tf.mul(dy, sigmoid);
      const slope = tf.add(1, tf.mul(gate, tf.sub(1, sigmoid)));
      return [tf.mul(tf.mul(weighted, up), slope), tf.mul(weighted, gate)];
    },
  };
});
