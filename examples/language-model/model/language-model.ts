import * as tf from "@tensorflow/tfjs";
import type { EncodedBatch, EncodedInputs } from "./encoded-batch.js";
import { causalAttention, causalMask } from "./operations/attention.js";
import { crossEntropy } from "./operations/cross-entropy.js";
import { dense } from "./operations/dense.js";
import { embed } from "./operations/embedding.js";
import { rmsNorm } from "./operations/rms-norm.js";
import { type RotaryAngles, rotaryAngles, rotate } from "./operations/rotary.js";
import { swiglu } from "./operations/swiglu.js";
import type { Parameter } from "./parameters.js";
import type { ModelShape } from "./shape.js";

/** The constants of the forward pass for one shape of batch. */
interface Positions {
  readonly angles: RotaryAngles;
  readonly mask: tf.Tensor3D;
}

/**
 * A decoder in the manner of LLaMA (Touvron et al. 2023, arXiv 2302.13971): RMSNorm before each
 * part, rotary attention, SwiGLU, no biases, untied head.
 */
export class LanguageModel {
  readonly shape: ModelShape;
  /** In the order of the parameters; the variables' names are `scope/parameter`. */
  readonly variables: readonly tf.Variable[];
  readonly #byName: ReadonlyMap<string, tf.Variable>;
  readonly #positions = new Map<string, Positions>();

  /** Copies `parameters` into variables, whose names start with `scope`. */
  constructor(shape: ModelShape, parameters: readonly Parameter[], scope: string) {
    this.shape = shape;
    const named = parameters.map(({ name, shape, values }): [string, tf.Variable] => {
      const initial = tf.tensor(values.slice(), [...shape]);
      const variable = tf.variable(initial, true, `${scope}/${name}`);
      initial.dispose();
      return [name, variable];
    });
    this.#byName = new Map(named);
    this.variables = named.map(([, variable]) => variable);
  }

  /** The mean cross-entropy of the batch's targets, in nats per token. */
  loss(batch: EncodedBatch): tf.Scalar {
    return crossEntropy(this.logits(batch), batch.targets);
  }

  /** What the model gives every token to follow, [sequences * length, vocabulary]. */
  logits(batch: EncodedInputs): tf.Tensor2D {
    const { sequences, length, inputs } = batch;
    const positions = this.#positionsFor(sequences, length);
    let hidden = embed(inputs, this.#matrix("embedding"));
    for (let layer = 0; layer < this.shape.layers; layer++) {
      const attended = this.#attention(hidden, layer, batch, positions);
      hidden = tf.add(hidden, attended);
      hidden = tf.add(hidden, this.#feedForward(hidden, layer));
    }
    return dense(this.#norm(hidden, "norm"), this.#matrix("head"));
  }

  /** Frees the variables and constants. */
  dispose(): void {
    tf.dispose(this.variables as tf.Variable[]);
    for (const positions of this.#positions.values()) tf.dispose(tensorsOf(positions));
    this.#positions.clear();
  }

  #attention(
    hidden: tf.Tensor2D,
    layer: number,
    { sequences, length }: EncodedInputs,
    { angles, mask }: Positions,
  ): tf.Tensor2D {
    const { width, heads } = this.shape;
    const headWidth = width / heads;
    const input = this.#norm(hidden, `layers.${layer}.attentionNorm`);
    const project = (name: string) => dense(input, this.#matrix(`layers.${layer}.${name}`));
    const rows: [number, number] = [sequences * length * heads, headWidth];
    const rotated = (x: tf.Tensor2D) => rotate(tf.reshape(x, rows), angles);
    /** [n, width] or [n * heads, headWidth] -> [sequences * heads, length, headWidth]. */
    const byHead = (x: tf.Tensor2D) =>
      tf.reshape(tf.transpose(tf.reshape(x, [sequences, length, heads, headWidth]), [0, 2, 1, 3]), [
        sequences * heads,
        length,
        headWidth,
      ]) as tf.Tensor3D;

    const mixed = causalAttention(
      byHead(rotated(project("query"))),
      byHead(rotated(project("key"))),
      byHead(project("value")),
      mask,
    );
    const byPosition = tf.transpose(
      tf.reshape(mixed, [sequences, heads, length, headWidth]),
      [0, 2, 1, 3],
    );
    const flat = tf.reshape(byPosition, [sequences * length, width]) as tf.Tensor2D;
    return dense(flat, this.#matrix(`layers.${layer}.output`));
  }

  #feedForward(hidden: tf.Tensor2D, layer: number): tf.Tensor2D {
    const input = this.#norm(hidden, `layers.${layer}.feedForwardNorm`);
    const matrix = (name: string) => this.#matrix(`layers.${layer}.${name}`);
    const gated = swiglu(dense(input, matrix("gate")), dense(input, matrix("up")));
    return dense(gated, matrix("down"));
  }

  #norm(x: tf.Tensor2D, gain: string): tf.Tensor2D {
    return rmsNorm(x, this.#variable(gain) as unknown as tf.Tensor1D);
  }

  #matrix(name: string): tf.Tensor2D {
    return this.#variable(name) as unknown as tf.Tensor2D;
  }

  #variable(name: string): tf.Variable {
    const variable = this.#byName.get(name);
    if (variable === undefined) throw new Error(`the model has no parameter "${name}"`);
    return variable;
  }

  #positionsFor(sequences: number, length: number): Positions {
    const key = `${sequences}x${length}`;
    let positions = this.#positions.get(key);
    if (positions === undefined) {
      const { heads, width } = this.shape;
      // Made inside variableGrads, whose scope would free them with the step's intermediates.
      positions = {
        angles: rotaryAngles(sequences, length, heads, width / heads),
        mask: causalMask(length),
      };
      for (const tensor of tensorsOf(positions)) tf.keep(tensor);
      this.#positions.set(key, positions);
    }
    return positions;
  }
}

function tensorsOf({ angles, mask }: Positions): tf.Tensor[] {
  return [angles.cosine, angles.sine, angles.quarterTurn, angles.quarterTurnBack, mask];
}
