/** A model of every kind of parameter, and gradients for it. */
import { Optimizer, type OptimizerOptions, type Recipe, type WeightArray } from "lean-optim";
import { float32, randomArray, type WeightType } from "./dtypes.js";
import { countOf, type Shape } from "./shapes.js";
import { subspaceShapes } from "./subspace-cases.js";

export interface Model {
  readonly optimizer: Optimizer;
  readonly weights: readonly WeightArray[];
}

export interface ModelOptions extends OptimizerOptions {
  readonly parameters?: readonly Shape[];
  readonly type?: WeightType;
}

export function model(recipe: Recipe, { parameters, type, ...options }: ModelOptions = {}): Model {
  const { dtype, gradDtype } = type ?? float32;
  const params = (parameters ?? subspaceShapes).map(({ name, shape, batched }, i) => {
    const data = randomArray(countOf(shape), 1 + i, dtype);
    return { name, shape, batched, dtype, gradDtype, data };
  });
  const optimizer = new Optimizer([{ params, optimizer: recipe }], options);
  return { optimizer, weights: params.map(({ data }) => data) };
}

/** Gradients of step t = 1, 2, ..., by name. */
export function gradientsAt(
  step: number,
  parameters: readonly Shape[] = subspaceShapes,
  { gradDtype }: WeightType = float32,
): Record<string, WeightArray> {
  return Object.fromEntries(
    parameters.map(({ name, shape }, i) => [
      name,
      randomArray(countOf(shape), 1000 * step + i, gradDtype),
    ]),
  );
}
