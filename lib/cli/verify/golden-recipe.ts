/** The recipes that walk golden trajectories. */
import type { OptimizerOptions } from "../../optimizer-options.js";
import { type MomentumOption, momentums } from "../../parts/momentum/index.js";
import { type ProjectorOption, projectors } from "../../parts/projector/index.js";
import { type SecondMomentOption, secondMoments } from "../../parts/second-moment/index.js";
import { generic, type Recipe } from "../../recipe.js";
import type { GoldenCase, GoldenRecipe } from "../golden-cases.js";

type Given = GoldenCase["given"];

/** `given`: the bases that are handed in rather than found. */
export function recipeOf(recipe: GoldenRecipe, given: Given): Recipe {
  const { lr, lrDecay, weightDecay, decayMode, biasCorrection } = recipe;
  return generic({
    lr,
    lrDecay,
    weightDecay,
    decay: decayMode,
    bias: biasCorrection.mode === "hf" ? "hf" : "torch",
    momentum: momentumOf(recipe, given),
    secondMoment: secondMomentOf(recipe),
  });
}

export function optimizerOptionsOf({ maxGradNorm, skipNonFinite }: GoldenRecipe): OptimizerOptions {
  return { skipNonFinite, ...(maxGradNorm !== null && { maxGradNorm }) };
}

function momentumOf(recipe: GoldenRecipe, given: Given): MomentumOption {
  const { moment1, betas, biasCorrection, momentum, dampening, nesterov } = recipe;
  const correctBias = biasCorrection.first;
  switch (moment1) {
    case "none":
      return "none";
    case "ema":
      return momentums.ema({ beta: betas[0], correctBias });
    case "heavyBall":
      return momentums.heavyBall({ momentum, dampening, nesterov });
    case "lowRank":
      return momentums.lowRank({
        beta: betas[0],
        beta2: betas[1],
        eps: recipe.eps,
        correctBias,
        ...projectionOf(recipe, given),
        side: recipe.side,
        scale: recipe.scale,
      });
    case "ldadam":
      return ldadamOf(recipe);
    case "orthogonal":
      return momentums.orthogonal(recipe.orthogonal ?? {});
    case "subspace":
      return momentums.subspace({
        beta: betas[0],
        correctBias,
        ...projectionOf(recipe, given),
        onRefresh: recipe.onRefresh,
        perBasis: recipe.onRefresh === "restart" && biasCorrection.mode !== "hf",
      });
  }
}

function ldadamOf({ ldadam, betas, eps, rank, projector }: GoldenRecipe): MomentumOption {
  return momentums.ldadam({
    ...ldadam,
    beta: betas[0],
    beta2: betas[1],
    eps,
    rank: rank ?? undefined,
    projector: projector ?? undefined,
  });
}

function projectionOf(recipe: GoldenRecipe, given: Given) {
  return {
    rank: recipe.rank ?? undefined,
    projector: projectorOf(recipe, given),
    updateProjGap: recipe.updateProjGap ?? undefined,
    refreshOffset: recipe.refreshOffset,
  };
}

function projectorOf({ projector }: GoldenRecipe, given: Given): ProjectorOption {
  if (given !== null) return projectors.given({ lines: given === "index" });
  return projector ?? "svd";
}

function secondMomentOf(recipe: GoldenRecipe): SecondMomentOption {
  const { moment2, betas, eps, biasCorrection, initialAccumulator, reduce, blockRule } = recipe;
  const accumulation = {
    beta: betas[1],
    eps,
    correctBias: biasCorrection.second,
    initial: initialAccumulator,
  };
  switch (moment2) {
    case "none":
      return "none";
    case "elementwise":
      return secondMoments.elementwise(accumulation);
    case "scalar":
      return secondMoments.scalar({ ...accumulation, reduce });
    case "subset":
      return secondMoments.subset({
        ...accumulation,
        reduce,
        blockRule,
        partition: recipe.partition ?? undefined,
      });
  }
}
