import { isDeepStrictEqual } from "node:util";
import type { Recipe, RecipeConfig } from "../../recipe.js";

/** Chooses the recipe of a variable; undefined leaves it the optimizer's own. */
export type RecipeChoice = (name: string, shape: readonly number[]) => Recipe | undefined;

/** A recipe with the settings that may change between steps. */
export interface RecipeGroup {
  readonly recipe: Recipe;
  /** Multiplied by the recipe's schedule, if it has one. */
  lr: number;
  weightDecay: number;
}

/**
 * Which recipe every parameter has. Recipes with the same settings are one group, whether or not
 * they are one object, so that a `groups` function may make a new one at every call.
 */
export class RecipeGroups {
  /** The optimizer's own recipe, then those that were chosen, as they first came. */
  readonly all: readonly RecipeGroup[];
  readonly #groups: RecipeGroup[];
  readonly #choice: RecipeChoice | undefined;
  readonly #byParameter = new Map<string, number>();

  constructor(recipe: Recipe, choice: RecipeChoice | undefined) {
    this.#groups = [groupOf(recipe)];
    this.all = this.#groups;
    this.#choice = choice;
  }

  /** The index in `all` of the parameter's group, which is chosen once. */
  indexFor(parameter: string, shape: readonly number[]): number {
    let index = this.#byParameter.get(parameter);
    if (index === undefined) {
      index = this.#indexOf(this.#choice?.(parameter, shape));
      this.#byParameter.set(parameter, index);
    }
    return index;
  }

  /** All groups with their present settings, and the parameters of all but the first. */
  configuration(): { recipes: RecipeConfig[]; assigned: Record<string, number> } {
    return {
      recipes: this.#groups.map(presentConfig),
      assigned: Object.fromEntries([...this.#byParameter].filter(([, index]) => index > 0)),
    };
  }

  #indexOf(recipe: Recipe | undefined): number {
    if (recipe === undefined) return 0;
    const known = this.#groups.findIndex((group) =>
      isDeepStrictEqual(group.recipe.config, recipe.config),
    );
    return known >= 0 ? known : this.#groups.push(groupOf(recipe)) - 1;
  }
}

function groupOf(recipe: Recipe): RecipeGroup {
  return { recipe, lr: recipe.lr, weightDecay: recipe.weightDecay };
}

function presentConfig({ recipe, lr, weightDecay }: RecipeGroup): RecipeConfig {
  const changed = {
    ...(lr === recipe.lr ? {} : { lr }),
    ...(weightDecay === recipe.weightDecay ? {} : { weightDecay }),
  };
  return { name: recipe.config.name, options: { ...recipe.config.options, ...changed } };
}
