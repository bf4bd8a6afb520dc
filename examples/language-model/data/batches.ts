import { type Random, seededRandom } from "../random.js";

/** `count` sequences of `length` tokens and, shifted by one, the tokens that follow them. */
export interface Batch {
  readonly count: number;
  readonly length: number;
  /** [count * length], sequence after sequence. */
  readonly inputs: Int32Array;
  /** [count * length]: `targets[i]` follows `inputs[i]` in the text. */
  readonly targets: Int32Array;
}

/** How a text is cut into batches. */
export interface BatchShape {
  readonly count: number;
  readonly length: number;
}

/** An endless sequence of batches at random places of the text, the same for the same seed. */
export function* randomBatches(
  tokens: Int32Array,
  shape: BatchShape,
  seed: number,
): Generator<Batch, never> {
  const random: Random = seededRandom(seed, 1);
  const places = tokens.length - shape.length;
  if (places < 1) throw new RangeError(`a text of ${tokens.length} tokens is too short`);
  while (true) {
    const starts = Array.from({ length: shape.count }, () => Math.floor(random() * places));
    yield batchAt(tokens, starts, shape.length);
  }
}

/**
 * The text from its start to its end in batches without overlap. What does not fill a batch at
 * the end is left out; `limit` takes that many batches, spread evenly over the text.
 */
export function consecutiveBatches(
  tokens: Int32Array,
  { count, length }: BatchShape,
  limit = Number.POSITIVE_INFINITY,
): Batch[] {
  const size = count * length;
  const whole = Math.floor((tokens.length - 1) / size);
  if (whole < 1) throw new RangeError(`${tokens.length} tokens do not fill a batch of ${size}`);
  const taken = Math.min(limit, whole);
  return Array.from({ length: taken }, (_, i) => {
    const start = Math.floor((i * whole) / taken) * size;
    const starts = Array.from({ length: count }, (_, sequence) => start + sequence * length);
    return batchAt(tokens, starts, length);
  });
}

function batchAt(tokens: Int32Array, starts: readonly number[], length: number): Batch {
  const inputs = new Int32Array(starts.length * length);
  const targets = new Int32Array(starts.length * length);
  starts.forEach((start, sequence) => {
    inputs.set(tokens.subarray(start, start + length), sequence * length);
    targets.set(tokens.subarray(start + 1, start + length + 1), sequence * length);
  });
  return { count: starts.length, length, inputs, targets };
}
