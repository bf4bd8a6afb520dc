import * as tf from "@tensorflow/tfjs";
import type { Random } from "../random.js";
import type { LanguageModel } from "./language-model.js";
import { oneHotTokens } from "./operations/embedding.js";

/** Below 1, likely tokens become likelier. */
const TEMPERATURE = 0.7;

/**
 * `prompt` and `count` tokens that the model continues it with, drawn one by one; it sees the last
 * `window` of them.
 */
export function generate(
  model: LanguageModel,
  prompt: Int32Array,
  count: number,
  window: number,
  random: Random,
): number[] {
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) tokens.push(draw(nextLogits(model, tokens, window), random));
  return tokens;
}

/** The logits after the last token. What fills the window behind it is not looked at. */
function nextLogits(model: LanguageModel, tokens: readonly number[], window: number): Float32Array {
  const seen = tokens.slice(-window);
  const filled = Int32Array.from({ length: window }, (_, i) => seen[i] ?? 0);
  return tf.tidy(() => {
    const inputs = oneHotTokens(filled, model.shape.vocabulary);
    const logits = model.logits({ sequences: 1, length: window, inputs });
    return tf.slice(logits, [seen.length - 1, 0], [1, -1]).dataSync() as Float32Array;
  });
}

function draw(logits: Float32Array, random: Random): number {
  const largest = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp((logit - largest) / TEMPERATURE));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return index < 0 ? weights.length - 1 : index;
}
