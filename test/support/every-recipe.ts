/** Every recipe, and every way to come to a basis: for what must hold of all of them. */
import {
  adago,
  adagrad,
  adagradNorm,
  adagradSN,
  adagradSNSM,
  adamMini,
  adamSM,
  adamSN,
  adamSNG,
  adamSNSM,
  adamw,
  apollo,
  apolloMini,
  fira,
  galore,
  ldadam,
  muon,
  type Recipe,
  rmsprop,
  rmspropSN,
  scaleSGD,
  sgd,
  sgdSM,
} from "lean-optim";
import type { SubspaceMomentumOptions } from "../../lib/recipes/family.js";

export interface NamedRecipe {
  readonly name: string;
  readonly recipe: Recipe;
}

/** Whatever a subspace momentum and a low-rank Adam both have. */
type ProjectedOptions = Omit<SubspaceMomentumOptions, "onRefresh">;

/** All of them; what is given goes to those with a projection. */
export function everyRecipe(options: ProjectedOptions = {}): NamedRecipe[] {
  const subspace = { lr: 0.05, rank: 2, updateProjGap: 3, ...options };
  const gap = subspace.updateProjGap;
  const refreshDelay = typeof gap === "number" ? Math.min(2, gap - 1) : 0;
  return [
    { name: "adamw", recipe: adamw({ lr: 0.05 }) },
    { name: "sgd", recipe: sgd({ lr: 0.05, momentum: 0.9 }) },
    { name: "rmsprop", recipe: rmsprop() },
    { name: "adagrad", recipe: adagrad({ initialAccumulatorValue: 0.1 }) },
    { name: "adagradNorm", recipe: adagradNorm({ lr: 0.5 }) },
    { name: "adamSN", recipe: adamSN({ lr: 0.05 }) },
    { name: "adamSNG", recipe: adamSNG({ lr: 0.05 }) },
    { name: "rmspropSN", recipe: rmspropSN({ lr: 0.05 }) },
    {
      name: "adamMini",
      recipe: adamMini({
        lr: 0.05,
        partitionOf: [
          ["tall|square", { heads: 1 }],
          ["", "row"],
        ],
      }),
    },
    { name: "adagradSN", recipe: adagradSN({ lr: 0.05 }) },
    { name: "muon", recipe: muon({ lr: 0.05 }) },
    { name: "adago", recipe: adago({ lr: 0.05 }) },
    { name: "sgdSM", recipe: sgdSM(subspace) },
    { name: "adamSM", recipe: adamSM(subspace) },
    { name: "adagradSNSM", recipe: adagradSNSM(subspace) },
    { name: "ldadam", recipe: ldadam({ lr: 0.05, rank: 2 }) },
    { name: "ldadam, bfloat16 error", recipe: ldadam({ rank: 2, errorDtype: "bfloat16" }) },
    { name: "ldadam without its error", recipe: ldadam({ rank: 2, errorFeedback: false }) },
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
    ...(["powerIteration", "svd"] as const).map((projector) => ({
      name: `adamSNSM, ${projector}, late`,
      recipe: adamSNSM({ ...subspace, projector, onRefresh: "rotate", refreshDelay }),
    })),
    {
      name: "adamSNSM, topK, rotate",
      recipe: adamSNSM({ ...subspace, projector: "topK", onRefresh: "rotate" }),
    },
    { name: "galore", recipe: galore(subspace) },
    { name: "galore, a basis on either side", recipe: galore({ ...subspace, side: "full" }) },
    { name: "galore, restart", recipe: galore({ ...subspace, onRefresh: "restart" }) },
    { name: "galore, compat", recipe: galore({ ...subspace, compat: "galore" }) },
    { name: "fira", recipe: fira(subspace) },
    { name: "apollo", recipe: apollo(subspace) },
    { name: "apolloMini", recipe: apolloMini({ ...subspace, rank: 1 }) },
    { name: "scaleSGD", recipe: scaleSGD({ lr: 0.05, momentum: 0.9 }) },
  ];
}
