/**
 * `lean-optim/tfjs`: the library's optimizers as optimizers of TensorFlow.js.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { adamSNSM, adamw } from "lean-optim";
 * import { leanOptimizer } from "lean-optim/tfjs";
 *
 * const optimizer = leanOptimizer(tf, adamSNSM({ lr: 1e-2, rank: 32 }), {
 *   groups: (name) => (name.includes("embedding") ? adamw({ lr: 1e-3 }) : undefined),
 * });
 * model.compile({ optimizer, loss: "meanSquaredError" });
 * ```
 *
 * They work wherever tfjs takes an optimizer: `compile` and `fit`, `minimize`, loops with
 * `variableGrads` and `applyGradients`, `save` and `loadLayersModel` with `includeOptimizer`. On
 * tfjs's plain CPU backend variables are updated in their own memory; from other backends they are
 * copied out and back, so that one which cannot read synchronously (WebGPU) will not do. State is kept
 * outside tfjs, until `getWeights` asks for it.
 */
import type { Recipe } from "../recipe.js";
import type { Tf, TfNamespace } from "./tfjs/namespace.js";
import {
  type LeanOptimizer,
  type LeanOptimizerClass,
  type LeanOptimizerOptions,
  makeOptimizerClass,
} from "./tfjs/optimizer-class.js";

export type { TfNamespace } from "./tfjs/namespace.js";
export type { LeanOptimizer, LeanOptimizerOptions } from "./tfjs/optimizer-class.js";
export type { RecipeChoice, RecipeGroup } from "./tfjs/recipe-groups.js";

/** A tfjs optimizer of the caller's own tf. */
export type LeanTfOptimizer<T extends TfNamespace> = InstanceType<T["Optimizer"]> & LeanOptimizer;

const classes = new WeakMap<TfNamespace["Optimizer"], LeanOptimizerClass>();

/**
 * A tf.Optimizer that steps variables with `recipe`.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION
 */
export function leanOptimizer<T extends TfNamespace>(
  tf: T,
  recipe: Recipe,
  options?: LeanOptimizerOptions,
): LeanTfOptimizer<T> {
  return new (classFor(tf))(recipe, options) as unknown as LeanTfOptimizer<T>;
}

/**
 * Makes tfjs know the class by its name, as `loadLayersModel` needs for a model that was saved with
 * its optimizer. `leanOptimizer` does so, too.
 */
export function registerLeanOptimizer(tf: TfNamespace): void {
  classFor(tf);
}

function classFor(tf: TfNamespace): LeanOptimizerClass {
  let optimizerClass = classes.get(tf.Optimizer);
  if (optimizerClass === undefined) {
    optimizerClass = makeOptimizerClass(tf as unknown as Tf);
    classes.set(tf.Optimizer, optimizerClass);
  }
  return optimizerClass;
}
