import { normalArray, type Random } from "../random.js";
import type { ModelShape } from "./shape.js";

/** What a parameter is for: optimizers treat matrices apart from embeddings and gains. */
export type ParameterRole = "embedding" | "matrix" | "gain";

/** A parameter before any framework holds it. */
export interface Parameter {
  readonly name: string;
  readonly role: ParameterRole;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The matrices of one layer, as [in, out]. */
function layerMatrices({ width, hidden }: ModelShape) {
  return {
    query: [width, width],
    key: [width, width],
    value: [width, width],
    output: [width, width],
    gate: [width, hidden],
    up: [width, hidden],
    down: [hidden, width],
  } as const;
}

/** The matrices that write to the residual stream, which start smaller in deeper models. */
const RESIDUAL = new Set(["output", "down"]);

/** The deviation that embeddings and the head start from, as LLaMA's. */
const EMBEDDING_DEVIATION = 0.02;

/**
 * The parameters in their order of creation: token embedding, for each layer two gains and seven
 * matrices, the last gain and an untied head. Matrices start normal with deviation
 * 1 / sqrt(in), those that write to the residual stream divided by sqrt(2 layers).
 */
export function initialParameters(shape: ModelShape, random: Random): Parameter[] {
  const { layers, width, vocabulary } = shape;
  const parameters: Parameter[] = [];
  const add = (name: string, role: ParameterRole, size: readonly number[], values: Float32Array) =>
    parameters.push({ name, role, shape: size, values });
  const addGain = (name: string) => add(name, "gain", [width], new Float32Array(width).fill(1));

  add(
    "embedding",
    "embedding",
    [vocabulary, width],
    normalArray(random, vocabulary * width, EMBEDDING_DEVIATION),
  );
  for (let layer = 0; layer < layers; layer++) {
    addGain(`layers.${layer}.attentionNorm`);
    addGain(`layers.${layer}.feedForwardNorm`);
    for (const [name, [rows, columns]] of Object.entries(layerMatrices(shape))) {
      const deviation = 1 / Math.sqrt(rows * (RESIDUAL.has(name) ? 2 * layers : 1));
      const values = normalArray(random, rows * columns, deviation);
      add(`layers.${layer}.${name}`, "matrix", [rows, columns], values);
    }
  }
  addGain("norm");
  add(
    "head",
    "matrix",
    [width, vocabulary],
    normalArray(random, width * vocabulary, EMBEDDING_DEVIATION),
  );
  return parameters;
}

/** The number of values in all parameters. */
export function parameterCount(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { values }) => sum + values.length, 0);
}
