import { adagrad } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const shape: Shape = [4096, 4096];

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    recipe: () => adagrad({ lr }),
    stateBytes: { updated: 4 * numel(shape) },
    peers: [torchPeer("Adagrad")],
  }),
];
