import { adamw } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const shape: Shape = [4096, 4096];
const count = numel(shape);

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    recipe: () => adamw({ lr }),
    stateBytes: { updated: 8 * count },
    peers: [torchPeer("AdamW", {}, 1)],
  }),
  recipeCase({
    shape,
    dtype: "bfloat16",
    recipe: () => adamw({ lr }),
    // The second moment is float32, which torch keeps in bfloat16.
    stateBytes: { updated: 6 * count },
    peers: [torchPeer("AdamW", {}, 1)],
  }),
];
