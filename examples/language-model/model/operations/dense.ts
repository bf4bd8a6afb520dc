import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

/** x [n, in] times w [in, out]: dx = dy wT, dw = xT dy. */
export const dense = differentiable((save, x: tf.Tensor2D, w: tf.Tensor2D) => {
  save(x, w);
  return {
    value: tf.matMul<tf.Tensor2D>(x, w),
    gradients: (dy: tf.Tensor2D, [x, w]) => [
      tf.matMul(dy, tf.transpose(w as tf.Tensor2D)),
      tf.matMul(tf.transpose(x as tf.Tensor2D), dy),
    ],
  };
});
