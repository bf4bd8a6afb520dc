import { type LlamaConfig, llama } from "./llama.js";
import type { ModelParameter } from "./model.js";

export type { ModelParameter, Role } from "./model.js";

/** The LLaMAs of the published pre-training runs (GaLore, arXiv 2403.03507; arXiv 2411.07120). */
const llamas = {
  "llama-60m": { hidden: 512, intermediate: 1376, layers: 8 },
  "llama-130m": { hidden: 768, intermediate: 2048, layers: 12 },
  "llama-350m": { hidden: 1024, intermediate: 2736, layers: 24 },
  "llama-1b": { hidden: 2048, intermediate: 5461, layers: 24 },
  "llama-7b": { hidden: 4096, intermediate: 11008, layers: 32 },
} as const satisfies Record<string, Omit<LlamaConfig, "vocabulary">>;

export type ModelName = keyof typeof llamas;

export const modelNames = Object.keys(llamas) as ModelName[];

/** The parameters of a model known by name. */
export function model(name: ModelName): ModelParameter[] {
  return llama({ ...llamas[name], vocabulary: 32000 });
}
