import { sgd } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const shape: Shape = [4096, 4096];

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    label: "no momentum",
    recipe: () => sgd({ lr }),
    stateBytes: { updated: 0 },
    peers: [torchPeer("SGD")],
  }),
  recipeCase({
    shape,
    label: "momentum",
    recipe: () => sgd({ lr, momentum: 0.9 }),
    stateBytes: { updated: 4 * numel(shape) },
    peers: [torchPeer("SGD", { momentum: 0.9 })],
  }),
];
