import type { Weight } from "../../lib/parts/part.js";
import { makeWeight, type WeightOptions } from "../../lib/weight.js";

/** A weight as parts see it, with the warnings it got. */
export function weightOf(
  shape: readonly number[],
  more: Partial<WeightOptions> & { stateDtype?: "float32" | "bfloat16" } = {},
): Weight & { readonly warnings: string[] } {
  const { stateDtype, ...options } = more;
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const named = { name: "w", dtype: "float32", shape, ...options } as const;
  return { ...makeWeight(named, 0, stateDtype, warn), warnings };
}
