import { requireOneOf } from "../options.js";
import { generic, type Recipe, type RecipeConfig } from "../recipe.js";
import { adago } from "./adago.js";
import { adagrad } from "./adagrad.js";
import { adagradNorm } from "./adagrad-norm.js";
import { adagradSN } from "./adagrad-sn.js";
import { adagradSNSM } from "./adagrad-snsm.js";
import { adamMini } from "./adam-mini.js";
import { adamSM } from "./adam-sm.js";
import { adamSN } from "./adam-sn.js";
import { adamSNG } from "./adam-sng.js";
import { adamSNSM } from "./adam-snsm.js";
import { adamw } from "./adamw.js";
import { apollo } from "./apollo.js";
import { apolloMini } from "./apollo-mini.js";
import { fira } from "./fira.js";
import { galore } from "./galore.js";
import { ldadam } from "./ldadam.js";
import { muon } from "./muon.js";
import { rmsprop } from "./rmsprop.js";
import { rmspropSN } from "./rmsprop-sn.js";
import { sgd } from "./sgd.js";
import { sgdSM } from "./sgd-sm.js";

/** Every recipe, by name. */
export const recipes = {
  adamw,
  sgd,
  rmsprop,
  adagrad,
  adagradNorm,
  adamSN,
  adamSNG,
  rmspropSN,
  adagradSN,
  sgdSM,
  adamSM,
  adamSNSM,
  adagradSNSM,
  muon,
  adago,
  adamMini,
  galore,
  fira,
  apollo,
  apolloMini,
  ldadam,
  generic,
};

export type RecipeName = keyof typeof recipes;

/** The recipe that a `recipe.config` stands for. */
export function recipeFromConfig(config: RecipeConfig): Recipe {
  requireOneOf("optimizer", config.name, Object.keys(recipes) as RecipeName[]);
  return recipes[config.name](config.options as never);
}
