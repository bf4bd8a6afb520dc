/** Models whose steps are timed: their parameters and ranks, and one's weights and gradients on a device. */

import { DeviceBuffer } from "../../lib/device-memory.js";
import { adamw, type Parameter, type ParameterGroup, type Recipe } from "../../lib/index.js";
import { type ModelName, type ModelParameter, model } from "../../lib/models/index.js";
import { llama } from "../../lib/models/llama.js";
import { bytesPerElement, numel } from "../../lib/tensor.js";
import { noiseOf, type WeightType } from "../support/data.js";
import { lr } from "../support/recipe.js";

export interface Model {
  readonly name: string;
  readonly parameters: readonly ModelParameter[];
  /** Of the published runs. */
  readonly paperRank: number;
  /** That are measured: 128, 256 and the published one. */
  readonly ranks: readonly number[];
}

export interface ModelGroup {
  readonly parameters: readonly ModelParameter[];
  readonly recipe: Recipe;
}

const paperRanks = {
  "llama-60m": 128,
  "llama-350m": 256,
  "llama-1b": 512,
  "llama-7b": 1024,
} as const satisfies Partial<Record<ModelName, number>>;

/** Of the device's allocators: what frameworks hand over is as well aligned. */
const alignment = 512;
/** What a device is filled with, again and again. */
const blockBytes = 2 ** 24;

function modelOf(name: string, parameters: readonly ModelParameter[], paperRank: number): Model {
  const ranks = [...new Set([128, 256, paperRank])].sort((a, b) => a - b);
  return { name, parameters, paperRank, ranks };
}

const isOfFirstLayer = ({ name }: ModelParameter) => name.startsWith("model.layers.0.");

/** Each model whole, and one layer of it. */
export function models(isRehearsal: boolean): Model[] {
  if (isRehearsal) {
    const parameters = llama({ hidden: 24, intermediate: 53, layers: 1, vocabulary: 40 });
    return [{ name: "tiny", parameters, paperRank: 4, ranks: [4] }];
  }
  return Object.entries(paperRanks).flatMap(([name, rank]) => {
    const parameters = model(name as ModelName);
    const layer = parameters.filter(isOfFirstLayer);
    return [modelOf(name, parameters, rank), modelOf(`${name} layer`, layer, rank)];
  });
}

/** The recipe for the weights of linear layers; all else gets AdamW, as in the published runs. */
export function groupsOf({ parameters }: Model, recipe: Recipe): ModelGroup[] {
  const groups = [
    { parameters: parameters.filter(({ role }) => role === "linear"), recipe },
    { parameters: parameters.filter(({ role }) => role !== "linear"), recipe: adamw({ lr }) },
  ];
  return groups.filter((group) => group.parameters.length > 0);
}

/** Weights and gradients of a model in two allocations, as a framework with an arena has them. */
export class DeviceModel implements Disposable {
  readonly #weights: DeviceBuffer;
  readonly #gradients: DeviceBuffer;
  readonly #offsets = new Map<string, number>();
  readonly #dtype: WeightType;

  constructor(device: string, { parameters }: Model, dtype: WeightType) {
    this.#dtype = dtype;
    let end = 0;
    for (const { name, shape } of parameters) {
      this.#offsets.set(name, end);
      end = alignment * Math.ceil((end + numel(shape) * bytesPerElement[dtype]) / alignment);
    }
    this.#weights = new DeviceBuffer(device, end);
    this.#gradients = new DeviceBuffer(device, end);
    this.#fill(this.#weights, 0.02, 1);
    this.#fill(this.#gradients, 1e-3, 2);
  }

  #fill(buffer: DeviceBuffer, scale: number, seed: number): void {
    const size = bytesPerElement[this.#dtype];
    const count = Math.min(blockBytes, buffer.byteLength) / size;
    const block = noiseOf(this.#dtype, count, scale, seed);
    for (let offset = 0; offset < buffer.byteLength; offset += block.byteLength) {
      const room = Math.min(block.length, (buffer.byteLength - offset) / size);
      buffer.write(block.subarray(0, room), offset);
    }
  }

  /** What an Optimizer takes. */
  groups(groups: readonly ModelGroup[]): ParameterGroup[] {
    return groups.map(({ parameters, recipe }) => ({
      params: parameters.map((parameter) => this.#parameter(parameter)),
      optimizer: recipe,
    }));
  }

  #parameter({ name, shape }: ModelParameter): Parameter {
    const offset = BigInt(this.#offsets.get(name) ?? 0);
    return {
      name,
      shape,
      dtype: this.#dtype,
      data: { ptr: this.#weights.ptr + offset },
      grad: { ptr: this.#gradients.ptr + offset },
    };
  }

  [Symbol.dispose](): void {
    this.#weights.dispose();
    this.#gradients.dispose();
  }
}
