/**
 * The recipes that a checkpoint was written under. A state means something only to the recipe that
 * made it: momenta in another basis, or squares averaged with another beta, would fit and be wrong.
 */
import { isDeepStrictEqual } from "node:util";
import { LeanError } from "./errors.js";
import type { Recipe, RecipeConfig } from "./recipe.js";
import { recipeFromConfig } from "./recipes/index.js";

/** A recipe and its parameters. */
export interface RecipeUse {
  readonly recipe: Recipe;
  readonly names: readonly string[];
}

interface SavedRecipe extends RecipeConfig {
  readonly params: readonly string[];
}

/** For a file's metadata. */
export function describeRecipes(groups: readonly RecipeUse[]): string {
  const saved = groups.map(
    ({ recipe, names }): SavedRecipe => ({ ...recipe.config, params: names }),
  );
  return JSON.stringify(saved);
}

/**
 * Checks that every parameter has the recipe that it had. Learning rate, its schedule and decay, and
 * weight decay may differ: they belong to the run and not to the state.
 *
 * @throws LeanError ERR_LEAN_CHECKPOINT
 */
export function requireSameRecipes(saved: string, groups: readonly RecipeUse[]): void {
  const before = new Map<string, RecipeConfig>();
  for (const { params, ...config } of parse(saved)) {
    for (const name of params) before.set(name, config);
  }
  for (const { recipe, names } of groups) {
    const wanted = kept(recipe);
    const compared = new Map<RecipeConfig, boolean>();
    for (const parameter of names) {
      const config = before.get(parameter);
      if (config === undefined) continue; // the tensors' names will tell
      if (!compared.has(config)) {
        const isSame = isDeepStrictEqual(config, recipe.config);
        compared.set(config, isSame || isDeepStrictEqual(kept(read(config)), wanted));
      }
      if (compared.get(config)) continue;
      throw new LeanError(
        "ERR_LEAN_CHECKPOINT",
        `${parameter} was stepped by ${show(config)} and is stepped by ${show(recipe.config)} here`,
        { parameter, value: config.name },
      );
    }
  }
}

/** What of a recipe its state depends on, as data; dtypes are seen from the tensors. */
function kept({ momentum, secondMoment, bias, decay, rounding }: Recipe): unknown {
  return JSON.parse(JSON.stringify({ momentum, secondMoment, bias, decay, rounding }));
}

function show({ name, options }: RecipeConfig): string {
  return `${name}(${JSON.stringify(options)})`;
}

function read(config: RecipeConfig): Recipe {
  try {
    return recipeFromConfig(config);
  } catch (cause) {
    throw damaged(`${show(config)} is no recipe of this version`, cause);
  }
}

function parse(text: string): SavedRecipe[] {
  try {
    const saved = JSON.parse(text) as SavedRecipe[];
    for (const { name, options, params } of saved) {
      if (typeof name !== "string" || typeof options !== "object" || !Array.isArray(params)) {
        throw new TypeError("not a list of recipes with their parameters");
      }
    }
    return saved;
  } catch (cause) {
    throw damaged("its recipes cannot be read", cause);
  }
}

function damaged(text: string, cause: unknown): LeanError {
  return new LeanError("ERR_LEAN_CHECKPOINT", `the checkpoint: ${text}`, {
    parameter: "recipes",
    cause,
  });
}
