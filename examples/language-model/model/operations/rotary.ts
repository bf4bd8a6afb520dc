import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.js";

const BASE = 10_000;

/** The constants of a rotary embedding for one shape of heads. */
export interface RotaryAngles {
  /** [n * heads, headWidth]: cosine and sine of every position's angles. */
  readonly cosine: tf.Tensor2D;
  readonly sine: tf.Tensor2D;
  /** [headWidth, headWidth]: x times it is (-second half, first half). */
  readonly quarterTurn: tf.Tensor2D;
  /** Its transpose, which turns back. */
  readonly quarterTurnBack: tf.Tensor2D;
}

/** Angles for `sequences` sequences of `length` positions with `heads` heads at each. */
export function rotaryAngles(
  sequences: number,
  length: number,
  heads: number,
  headWidth: number,
): RotaryAngles {
  const half = headWidth / 2;
  const rows = sequences * length * heads;
  const cosine = new Float32Array(rows * headWidth);
  const sine = new Float32Array(rows * headWidth);
  for (let row = 0; row < rows; row++) {
    const position = Math.floor(row / heads) % length;
    for (let i = 0; i < headWidth; i++) {
      const angle = position * BASE ** (-(i % half) / half);
      cosine[row * headWidth + i] = Math.cos(angle);
      sine[row * headWidth + i] = Math.sin(angle);
    }
  }
  const turn = new Float32Array(headWidth * headWidth);
  for (let i = 0; i < half; i++) {
    turn[(i + half) * headWidth + i] = -1;
    turn[i * headWidth + i + half] = 1;
  }
  const quarterTurn = tf.tensor2d(turn, [headWidth, headWidth]);
  return {
    cosine: tf.tensor2d(cosine, [rows, headWidth]),
    sine: tf.tensor2d(sine, [rows, headWidth]),
    quarterTurn,
    quarterTurnBack: tf.transpose(quarterTurn),
  };
}

/**
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864) of x [n * heads, headWidth]:
 * x cos + (x R) sin with R the quarter turn; dx = dy cos + (dy sin) RT.
 */
export function rotate(x: tf.Tensor2D, angles: RotaryAngles): tf.Tensor2D {
  const apply = differentiable((save, x: tf.Tensor2D) => {
    const { cosine, sine, quarterTurn, quarterTurnBack } = angles;
    save(cosine, sine, quarterTurnBack);
    return {
      value: tf.add(tf.mul(x, cosine), tf.mul(tf.matMul(x, quarterTurn), sine)) as tf.Tensor2D,
      gradients: (dy: tf.Tensor2D, saved) => {
        const [cosine, sine, back] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
        return [tf.add(tf.mul(dy, cosine), tf.matMul(tf.mul(dy, sine), back))];
      },
    };
  });
  return apply(x);
}
