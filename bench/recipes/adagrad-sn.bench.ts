import { adagradSN } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const shape: Shape = [4096, 4096];

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    recipe: () => adagradSN({ lr }),
    stateBytes: { updated: 4 * Math.max(...shape) },
    peers: [torchPeer("Adagrad")],
  }),
];
