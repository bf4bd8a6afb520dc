import { adamMini } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const heads = 32;

/** By heads, as queries and keys; `adam-sn` times rows. */
function adamMiniCase(shape: Shape, dtype: WeightType): BenchCase {
  return recipeCase({
    shape,
    dtype,
    label: `${heads} heads`,
    recipe: () => adamMini({ lr, partitionOf: [["weight", { heads }]] }),
    stateBytes: { updated: numel(shape) * (dtype === "bfloat16" ? 2 : 4) + 4 * heads },
    peers: [torchPeer("AdamW")],
  });
}

export const cases: BenchCase[] = [
  adamMiniCase([4096, 4096], "float32"),
  adamMiniCase([4096, 4096], "bfloat16"),
];
