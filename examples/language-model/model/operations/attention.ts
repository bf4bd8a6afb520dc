import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

/** What is added to a score that looks ahead: its weight underflows to zero. */
const FORBIDDEN = -1e9;

/** [1, length, length]: zero where a position may look, very negative where it may not. */
export function causalMask(length: number): tf.Tensor3D {
  const mask = new Float32Array(length * length);
  for (let from = 0; from < length; from++) {
    mask.fill(FORBIDDEN, from * length + from + 1, (from + 1) * length);
  }
  return tf.tensor3d(mask, [1, length, length]);
}

/**
 * softmax(q kT / sqrt(headWidth) + mask) v for q, k, v [sequences * heads, length, headWidth].
 * With weights p and a = dy vT: dv = pT dy, ds = p (a - sum(a p)), dq = ds k, dk = dsT q, the
 * last two scaled.
 */
export function causalAttention(
  query: tf.Tensor3D,
  key: tf.Tensor3D,
  value: tf.Tensor3D,
  mask: tf.Tensor3D,
): tf.Tensor3D {
  const scale = 1 / Math.sqrt(query.shape[2]);
  const attend = differentiable((save, q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => {
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), scale), mask);
    const weights = tf.softmax(scores) as tf.Tensor3D;
    save(q, k, v, weights);
    return {
      value: tf.matMul<tf.Tensor3D>(weights, v),
      gradients: (dy: tf.Tensor3D, saved) => {
        const [q, k, v, p] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
        const weighted = tf.mul(tf.matMul(dy, v, false, true), p);
        const total = tf.sum(weighted, 2, true);
        const ds = tf.mul(tf.sub(weighted, tf.mul(p, total)), scale) as tf.Tensor3D;
        return [tf.matMul(ds, k), tf.matMul(ds, q, true), tf.matMul(p, dy, true)];
      },
    };
  });
  return attend(query, key, value);
}
