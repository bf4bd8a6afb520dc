import { expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import {
  causalAttention,
  causalMask,
} from "../../examples/language-model/model/operations/attention.js";
import { crossEntropy } from "../../examples/language-model/model/operations/cross-entropy.js";
import { dense } from "../../examples/language-model/model/operations/dense.js";
import {
  embed,
  oneHotRows,
  oneHotTokens,
} from "../../examples/language-model/model/operations/embedding.js";
import { rmsNorm } from "../../examples/language-model/model/operations/rms-norm.js";
import { rotaryAngles, rotate } from "../../examples/language-model/model/operations/rotary.js";
import { swiglu } from "../../examples/language-model/model/operations/swiglu.js";
import { normalArray, seededRandom } from "../../examples/language-model/random.js";

/** An operation, and the same one composed of tfjs's own with tfjs's own gradients. */
interface Case {
  readonly shapes: readonly number[][];
  readonly operation: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly reference: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const tokens = Int32Array.of(3, 0, 4, 3, 1, 2);

const cases: Record<string, Case> = {
  dense: {
    shapes: [
      [6, 5],
      [5, 4],
    ],
    operation: dense as Case["operation"],
    reference: (x, w) => tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D),
  },
  embed: {
    shapes: [[5, 4]],
    operation: (table) => embed(oneHotTokens(tokens, 5), table as tf.Tensor2D),
    reference: (table) => tf.gather(table, tf.tensor1d(tokens, "int32")),
  },
  rmsNorm: {
    shapes: [[6, 5], [5]],
    operation: rmsNorm as Case["operation"],
    reference: (x, gain) => {
      const meanSquare = tf.mean(tf.square(x), 1, true);
      return tf.mul(tf.div(x, tf.sqrt(tf.add(meanSquare, 1e-6))), gain);
    },
  },
  swiglu: {
    shapes: [
      [6, 5],
      [6, 5],
    ],
    operation: swiglu as Case["operation"],
    reference: (gate, up) => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
  },
  rotate: {
    // 2 sequences of 3 positions with 2 heads of width 4.
    shapes: [[12, 4]],
    operation: (x) => rotate(x as tf.Tensor2D, rotaryAngles(2, 3, 2, 4)),
    reference: (x) => {
      const angles = tf.tensor2d(
        Array.from({ length: 12 }, (_, row) =>
          [1, 10_000 ** -0.5].map((frequency) => (Math.floor(row / 2) % 3) * frequency),
        ),
      );
      const [cosine, sine] = [tf.cos(angles), tf.sin(angles)];
      const [first, second] = tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor];
      return tf.concat(
        [
          tf.sub(tf.mul(first, cosine), tf.mul(second, sine)),
          tf.add(tf.mul(second, cosine), tf.mul(first, sine)),
        ],
        1,
      );
    },
  },
  causalAttention: {
    shapes: [
      [4, 3, 2],
      [4, 3, 2],
      [4, 3, 2],
    ],
    operation: (q, k, v) =>
      causalAttention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, causalMask(3)),
    reference: (q, k, v) => {
      const scores = tf.div(tf.matMul(q, k, false, true), Math.SQRT2);
      const visible = tf.linalg.bandPart(tf.ones([4, 3, 3]), -1, 0).cast("bool");
      const masked = tf.where(visible, scores, tf.fill([4, 3, 3], -1e9));
      return tf.matMul(tf.softmax(masked), v);
    },
  },
  crossEntropy: {
    shapes: [[6, 5]],
    operation: (logits) => crossEntropy(logits as tf.Tensor2D, oneHotRows(tokens, 5)),
    reference: (logits) =>
      tf.losses.softmaxCrossEntropy(
        tf.oneHot(tf.tensor1d(tokens, "int32"), 5),
        logits,
      ) as tf.Tensor,
  },
};

const makeInputs = (shapes: readonly number[][]): tf.Tensor[] => {
  const random = seededRandom(7);
  return shapes.map((shape) =>
    tf.tensor(normalArray(random, tf.util.sizeFromShape(shape), 1), shape),
  );
};

/** The value, and the gradients for an arbitrary gradient of it. */
function differentiate(f: Case["operation"], shapes: readonly number[][]): Float32Array[] {
  return tf.tidy(() => {
    const inputs = makeInputs(shapes);
    const value = f(...inputs);
    const dy = makeInputs([value.shape])[0] as tf.Tensor;
    return [value, ...tf.grads(f)(inputs, dy)].map((t) => (t.dataSync() as Float32Array).slice());
  });
}

test.each(Object.entries(cases))("%s on wasm is what tfjs makes of it", async (_, each) => {
  await tf.setBackend("cpu");
  const expected = differentiate(each.reference, each.shapes);
  await tf.setBackend("wasm");
  const { numTensors } = tf.memory();
  const actual = differentiate(each.operation, each.shapes);
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  actual.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[i]?.[j] as number, 4);
    });
  });
  expect(tf.memory().numTensors).toBe(numTensors);
});

test("the cross-entropy of hopeless logits is a large number, with a gradient", async () => {
  await tf.setBackend("wasm");
  const values = tf.tidy(() => {
    const logits = tf.tensor2d([[0, 1000]]);
    const targets = oneHotRows(Int32Array.of(0), 2);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      crossEntropy(x as tf.Tensor2D, targets),
    )(logits);
    return [...value.dataSync(), ...grad.dataSync()];
  });
  expect(values[0]).toBeCloseTo(87.5, 1);
  expect(values.slice(1)).toEqual([-1, 1]);
});
