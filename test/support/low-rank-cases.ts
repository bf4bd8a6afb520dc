/** The settings of a low-rank Adam. */
import type { LowRankOptions } from "lean-optim";
import type { Case } from "./recipe-tests.js";

type LowRankAdam = Pick<
  LowRankOptions,
  "rank" | "projector" | "updateProjGap" | "side" | "refreshOffset" | "onRefresh" | "scale"
> & { betas?: readonly [number, number]; eps?: number; biasCorrection?: boolean; bias?: "hf" };

const sides = ["std", "reverse", "left", "right"] as const;

export const lowRankCases: readonly Case<LowRankAdam>[] = [
  ...(["powerIteration", "svd"] as const).flatMap((projector) =>
    sides.map((side) => ({
      title: `${projector}, side ${side}`,
      options: { projector, side },
      oracle: { side },
    })),
  ),
  {
    title: "a first moment that restarts",
    options: { onRefresh: "restart" },
    oracle: { onRefresh: "restart" },
  },
  { title: "a new basis at every step", options: { updateProjGap: 1 }, oracle: { gap: 1 } },
  { title: "refreshes at the same time", options: { refreshOffset: 0 }, oracle: { offset: 0 } },
  { title: "another scale", options: { scale: 3 }, oracle: { scale: 3 } },
  {
    title: "other betas and epsilon",
    options: { betas: [0.5, 0.8], eps: 0.1 },
    oracle: { betas: [0.5, 0.8], eps: 0.1 },
  },
  {
    title: "no bias correction",
    options: { biasCorrection: false },
    oracle: { biasCorrection: { first: false, second: false, mode: "torch" } },
  },
  {
    title: "bias hf",
    options: { bias: "hf" },
    oracle: { biasCorrection: { first: true, second: true, mode: "hf" } },
  },
];

/** Of those that take along what lies outside the basis. */
export const growthCases: readonly Case<Pick<LowRankOptions, "maxGrowth">>[] = [
  { title: "growth at will", options: { maxGrowth: 0 }, oracle: { maxGrowth: 0 } },
  { title: "no growth but by a half", options: { maxGrowth: 1.5 }, oracle: { maxGrowth: 1.5 } },
];
