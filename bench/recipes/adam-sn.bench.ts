import { adamSN } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import { lr, publishedPeers, recipeCase, torchPeer } from "../support/recipe.js";

function adamSNCase(shape: Shape, dtype: WeightType, atMost?: number): BenchCase {
  const momentum = numel(shape) * (dtype === "bfloat16" ? 2 : 4);
  return recipeCase({
    shape,
    dtype,
    recipe: () => adamSN({ lr }),
    stateBytes: { updated: momentum + 4 * Math.max(...shape) },
    peers: [torchPeer("AdamW", {}, atMost), ...publishedPeers("AdamSN", {})],
  });
}

export const cases: BenchCase[] = [
  adamSNCase([4096, 4096], "float32", 0.75),
  adamSNCase([4096, 4096], "bfloat16"),
  adamSNCase([2048, 8192], "float32"),
];
