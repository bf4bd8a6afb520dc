/** The settings of a Subspace-Momentum. */
import type { ProjectionSide, SubspaceOptions } from "lean-optim";
import type { Case } from "./recipe-tests.js";
import { shapes } from "./shapes.js";

type SubspaceMomentum = Pick<
  SubspaceOptions,
  "rank" | "projector" | "updateProjGap" | "side" | "refreshOffset" | "onRefresh" | "refreshDelay"
>;

/** Whose shorter side has more than one dimension, so that a rank of 2 is less than all. */
export const subspaceShapes = shapes.filter(({ name }) => name !== "column");

const sides: readonly ProjectionSide[] = ["std", "reverse", "left", "right"];
const policies = ["restart", "rotate", "keep", "published"] as const;

/** The oracle's default of lines is the longer side: its `std` is always the shorter. */
const sideOfLines = { std: "reverse", reverse: "std", left: "left", right: "right" } as const;

export const subspaceCases: readonly Case<SubspaceMomentum>[] = [
  ...(["powerIteration", "svd", "randomizedSvd", "gaussian", "srht"] as const).flatMap(
    (projector) => [
      ...policies.map((onRefresh) => ({
        title: `${projector}, onRefresh ${onRefresh}`,
        options: { projector, onRefresh },
        oracle: { onRefresh },
      })),
      ...sides.map((side) => ({
        title: `${projector}, side ${side}`,
        options: { projector, side },
        oracle: { side },
      })),
    ],
  ),
  ...(["topK", "uniform"] as const).flatMap((projector) => [
    ...policies.map((onRefresh) => ({
      title: `${projector}, onRefresh ${onRefresh}`,
      options: { projector, onRefresh },
      oracle: { onRefresh, projector: "givenLines" as const },
    })),
    ...sides.map((side) => ({
      title: `${projector}, side ${side}`,
      options: { projector, side },
      oracle: { side: sideOfLines[side], projector: "givenLines" as const },
    })),
  ]),
  ...(["powerIteration", "svd"] as const).flatMap((projector) =>
    policies.map((onRefresh) => ({
      title: `${projector}, onRefresh ${onRefresh}, adopted two calls later`,
      options: { projector, onRefresh, refreshDelay: 2 },
      oracle: { onRefresh, delay: 2 },
    })),
  ),
  { title: "a new basis at every step", options: { updateProjGap: 1 }, oracle: { gap: 1 } },
  { title: "refreshes at the same time", options: { refreshOffset: 0 }, oracle: { offset: 0 } },
  {
    title: "refreshes that start late",
    options: { refreshOffset: 4, updateProjGap: 2 },
    oracle: { offset: 4, gap: 2 },
  },
];
