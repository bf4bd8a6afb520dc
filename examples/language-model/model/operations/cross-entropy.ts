import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

/** The smallest probability that counts: a diverged model's loss stays a number (87 nats). */
const SMALLEST_PROBABILITY = 1e-38;

/**
 * The mean over rows of -log softmax(logits)[target], in nats, for logits and one-hot targets
 * [n, vocabulary]; dlogits = (softmax - targets) / n, exact at every probability.
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const loss = differentiable((save, logits: tf.Tensor2D) => {
    const probabilities = tf.softmax(logits);
    save(probabilities, targets);
    const ofTargets = tf.sum(tf.mul(probabilities, targets), 1);
    return {
      value: tf.neg(tf.mean(tf.log(tf.maximum(ofTargets, SMALLEST_PROBABILITY)))) as tf.Scalar,
      gradients: (dy: tf.Scalar, [probabilities, targets]) => [
        tf.mul(
          tf.sub(probabilities as tf.Tensor2D, targets as tf.Tensor2D),
          tf.div(dy, logits.shape[0]),
        ),
      ],
    };
  });
  return loss(logits);
}
