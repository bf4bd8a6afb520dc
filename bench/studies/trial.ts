/** One run of an optimizer of the library down a landscape, by noisy gradients. */

import { Optimizer, type Recipe } from "../../lib/index.js";
import type { Landscape } from "./landscape.js";

export interface Trial {
  readonly landscape: Landscape;
  readonly shape: readonly number[];
  readonly recipe: Recipe;
  /** Adds a step's noise to its gradient. */
  readonly disturb: (gradient: Float32Array) => void;
  /** Steps after which the mean is wanted, rising. */
  readonly checkpoints: readonly number[];
}

/**
 * The mean of ‖∇f(x_t)‖², of the gradient without its noise, over the first t steps, for t of every
 * checkpoint: what theorems bound.
 */
export function meanSquaredGradients(trial: Trial): number[] {
  const { landscape, shape, recipe, disturb, checkpoints } = trial;
  const x = landscape.start.slice();
  const grad = new Float32Array(x.length);
  const params = [{ name: "x", data: x, shape, grad }];
  const optimizer = new Optimizer([{ params, optimizer: recipe }]);
  const means: number[] = [];
  let sum = 0;
  for (let step = 1; means.length < checkpoints.length; step++) {
    sum += landscape.gradient(x, grad);
    if (step === checkpoints[means.length]) means.push(sum / step);
    disturb(grad);
    optimizer.step();
  }
  optimizer.dispose();
  return means;
}
