import type { ModelParameter } from "./model.js";

export interface LlamaConfig {
  readonly hidden: number;
  /** Width of the feed-forward layers. */
  readonly intermediate: number;
  readonly layers: number;
  readonly vocabulary: number;
}

/** A LLaMA without grouped queries, its head not tied to its embedding; Hugging Face's names. */
export function llama({ hidden, intermediate, layers, vocabulary }: LlamaConfig): ModelParameter[] {
  const norm = (name: string): ModelParameter => ({ name, shape: [hidden], role: "other" });
  const linear = (name: string, outputs: number, inputs: number): ModelParameter => ({
    name,
    shape: [outputs, inputs],
    role: "linear",
  });
  const layer = (prefix: string): ModelParameter[] => [
    ...["q", "k", "v", "o"].map((part) =>
      linear(`${prefix}.self_attn.${part}_proj.weight`, hidden, hidden),
    ),
    linear(`${prefix}.mlp.gate_proj.weight`, intermediate, hidden),
    linear(`${prefix}.mlp.up_proj.weight`, intermediate, hidden),
    linear(`${prefix}.mlp.down_proj.weight`, hidden, intermediate),
    norm(`${prefix}.input_layernorm.weight`),
    norm(`${prefix}.post_attention_layernorm.weight`),
  ];
  return [
    { name: "model.embed_tokens.weight", shape: [vocabulary, hidden], role: "embedding" },
    ...Array.from({ length: layers }, (_, i) => layer(`model.layers.${i}`)).flat(),
    norm("model.norm.weight"),
    linear("lm_head.weight", vocabulary, hidden),
  ];
}
