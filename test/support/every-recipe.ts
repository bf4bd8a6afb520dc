/** Every recipe, and every way to come to a basis: for what must hold of all of them. */
import {
  adagrad,
  adagradNorm,
  adagradSN,
  adagradSNSM,
  adamSM,
  adamSN,
  adamSNG,
  adamSNSM,
  adamw,
  type Recipe,
  rmsprop,
  rmspropSN,
  sgd,
  sgdSM,
} from "lean-optim";
import type { SubspaceMomentumOptions } from "../../lib/recipes/family.js";

export interface NamedRecipe {
  readonly name: string;
  readonly recipe: Recipe;
}

/** All of them; what is given goes to those with a subspace momentum. */
export function everyRecipe(options: SubspaceMomentumOptions = {}): NamedRecipe[] {
  const subspace = { lr: 0.05, rank: 2, updateProjGap: 3, ...options };
  return [
    { name: "adamw", recipe: adamw({ lr: 0.05 }) },
    { name: "sgd", recipe: sgd({ lr: 0.05, momentum: 0.9 }) },
    { name: "rmsprop", recipe: rmsprop() },
    { name: "adagrad", recipe: adagrad({ initialAccumulatorValue: 0.1 }) },
    { name: "adagradNorm", recipe: adagradNorm({ lr: 0.5 }) },
    { name: "adamSN", recipe: adamSN({ lr: 0.05 }) },
    { name: "adamSNG", recipe: adamSNG({ lr: 0.05 }) },
    { name: "rmspropSN", recipe: rmspropSN({ lr: 0.05 }) },
    { name: "adagradSN", recipe: adagradSN({ lr: 0.05 }) },
    { name: "sgdSM", recipe: sgdSM(subspace) },
    { name: "adamSM", recipe: adamSM(subspace) },
    { name: "adagradSNSM", recipe: adagradSNSM(subspace) },
    ...(
      ["powerIteration", "svd", "randomizedSvd", "gaussian", "srht", "topK", "uniform"] as const
    ).map((projector) => ({
      name: `adamSNSM, ${projector}`,
      recipe: adamSNSM({ ...subspace, projector }),
    })),
    ...(["rotate", "keep", "published"] as const).map((onRefresh) => ({
      name: `adamSNSM, ${onRefresh}`,
      recipe: adamSNSM({ ...subspace, onRefresh }),
    })),
    {
      name: "adamSNSM, topK, rotate",
      recipe: adamSNSM({ ...subspace, projector: "topK", onRefresh: "rotate" }),
    },
  ];
}
