import { rmsprop } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const shape: Shape = [4096, 4096];

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    recipe: () => rmsprop({ lr }),
    stateBytes: { updated: 4 * numel(shape) },
    // PyTorch has no fused RMSprop.
    peers: [torchPeer("RMSprop", { foreach: true })],
  }),
];
