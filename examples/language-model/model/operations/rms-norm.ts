import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

const EPSILON = 1e-6;

/**
 * x / rms(x) * gain over the rows of x [n, width], gain [width] (Zhang and Sennrich 2019,
 * arXiv 1910.07467). With s = 1 / rms(x) and h = dy * gain:
 * dx = s h - x s^3 mean(h x), dgain = sum over rows of dy x s.
 */
export const rmsNorm = differentiable((save, x: tf.Tensor2D, gain: tf.Tensor1D) => {
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), EPSILON));
  save(x, gain, scale);
  return {
    value: tf.mul(tf.mul(x, scale), gain) as tf.Tensor2D,
    gradients: (dy: tf.Tensor2D, saved) => {
      const [x, gain, scale] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
      const normalized = tf.mul(x, scale);
      const h = tf.mul(dy, gain);
      const along = tf.mean(tf.mul(h, normalized), 1, true);
      return [
        tf.mul(scale, tf.sub(h, tf.mul(normalized, along))),
        tf.reshape(sumOfRows(tf.mul(dy, normalized)), gain.shape),
      ];
    },
  };
});

/** The sum over the first axis as a product with a row of ones, which XNNPACK does. [1, width] */
function sumOfRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(tf.ones([1, x.shape[0]]), x);
}
