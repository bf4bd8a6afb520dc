import { adamSNSM } from "../../lib/index.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, NO_REFRESH, publishedPeers } from "../support/recipe.js";
import { subspaceCase } from "../support/subspace.js";

/** 1.7 times as fast as the published code. */
const GOAL = 0.588;

function adamSNSMCase(shape: Shape, rank: number, atMost?: number): BenchCase {
  return subspaceCase({
    shape,
    rank,
    secondMoment: "lines",
    recipe: () => adamSNSM({ lr, rank, updateProjGap: NO_REFRESH }),
    peers: publishedPeers("AdamSNSM", { rank }, atMost),
  });
}

export const cases: BenchCase[] = [
  adamSNSMCase([2048, 2048], 512, GOAL),
  adamSNSMCase([1024, 2736], 256, GOAL),
  adamSNSMCase([2736, 1024], 256),
  adamSNSMCase([512, 512], 128),
];
