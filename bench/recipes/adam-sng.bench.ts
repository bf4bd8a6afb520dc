import { adamSNG } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

const shape: Shape = [4096, 4096];
const subset = 2048;

export const cases: BenchCase[] = [
  recipeCase({
    shape,
    label: `runs of ${subset}`,
    recipe: () => adamSNG({ lr, partition: subset }),
    stateBytes: { updated: 4 * numel(shape) + (4 * numel(shape)) / subset },
    peers: [torchPeer("AdamW")],
  }),
];
