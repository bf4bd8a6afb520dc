import { ldadam } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase } from "../support/recipe.js";

/** 1.4 times as fast as the published code. */
const GOAL = 0.714;

function ldadamCase(shape: Shape, rank: number, atMost?: number): BenchCase {
  const [short, long] = [Math.min(...shape), Math.max(...shape)];
  const name = "published LDAdam";
  const goal = atMost === undefined ? {} : { atMost };
  return recipeCase({
    shape,
    label: `rank ${rank}`,
    recipe: () => ldadam({ lr, rank }),
    stateBytes: { updated: 4 * (2 * long * rank + short * rank + numel(shape)) },
    flops: 12 * numel(shape) * rank,
    peers: [{ name, peer: name, arguments: { lr, rank }, ...goal }],
  });
}

export const cases: BenchCase[] = [
  ldadamCase([2048, 2048], 512, GOAL),
  ldadamCase([1024, 2736], 256),
  ldadamCase([2736, 1024], 256),
];
