import { rmspropSN } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import { lr, publishedPeers, recipeCase, torchPeer } from "../support/recipe.js";

function rmspropSNCase(shape: Shape, dtype: WeightType, atMost?: number): BenchCase {
  return recipeCase({
    shape,
    dtype,
    recipe: () => rmspropSN({ lr }),
    stateBytes: { updated: 4 * Math.max(...shape) },
    peers: [torchPeer("AdamW", {}, atMost), ...publishedPeers("RMSPropSN", {})],
  });
}

export const cases: BenchCase[] = [
  rmspropSNCase([4096, 4096], "float32", 0.5),
  rmspropSNCase([4096, 4096], "bfloat16"),
];
