import * as tf from "@tensorflow/tfjs";

/** What an operation with a gradient of its own returns. */
export interface Differentiated<Output extends tf.Tensor> {
  readonly value: Output;
  /** The gradients of the inputs, in their order, from the gradient of the value. */
  readonly gradients: (gradient: Output, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * An operation with its own gradient: tf.customGrad with types.
 *
 * The operations of this model bring their own gradients for two reasons. Some kernels that
 * tfjs's gradients call are missing on the wasm backend (UnsortedSegmentSum, LogSoftmax). And
 * tfjs's gradient of a matrix product passes transpose flags, which on wasm leave XNNPACK for a
 * scalar loop about fifteen times slower than an explicit transposition and a plain product.
 *
 * `save` keeps tensors for `gradients`; whatever else `forward` makes is freed when it returns.
 */
export function differentiable<Inputs extends tf.Tensor[], Output extends tf.Tensor>(
  forward: (save: (...tensors: tf.Tensor[]) => void, ...inputs: Inputs) => Differentiated<Output>,
): (...inputs: Inputs) => Output {
  const withGradient = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.pop() as tf.GradSaveFunc;
    const { value, gradients } = forward((...tensors) => save(tensors), ...(args as Inputs));
    return { value, gradFunc: gradients as (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] };
  });
  return (...inputs) => withGradient(...inputs) as Output;
}
