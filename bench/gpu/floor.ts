/** The least time that a step could take: what it has to move and multiply, at the machine's rates. */

import type { Recipe } from "../../lib/index.js";
import { layOut, type PlannedWeight } from "../../lib/layout.js";
import type { StateKind } from "../../lib/parts/part.js";
import { bytesPerElement, numel, type WeightDType } from "../../lib/tensor.js";
import { makeWeight } from "../../lib/weight.js";
import type { ModelGroup } from "./model.js";
import type { Rates } from "./stages/ceilings.js";

export interface Work {
  /** Each array counted once for each time that a step has to read or write it. */
  readonly bytes: number;
  /** Of the two products with a basis, or of the iterations towards an orthogonal factor. */
  readonly flops: number;
}

/** How often a step touches an element of the state. */
const touched: Readonly<Record<StateKind, number>> = {
  momentum: 2,
  secondMoment: 2,
  basis: 1,
  error: 2,
  counters: 0,
};

/**
 * Of each parameter: gradient read, weight and moments read and written, basis read; 4·m·n·r flops
 * where there is a basis of rank r. Orthogonal steps: the products of their iterations, of symmetric
 * ones half, on Gram matrices where these are small. Clipping has to read all gradients before the first is used.
 */
export function workOf(
  groups: readonly ModelGroup[],
  dtype: WeightDType,
  isClipped: boolean,
): Work[] {
  const layout = layOut(
    groups.flatMap(({ parameters, recipe }) => planned(parameters, recipe, dtype)),
  );
  return layout.weights.map((one) => workOfWeight(one, isClipped));
}

function planned(parameters: ModelGroup["parameters"], recipe: Recipe, dtype: WeightDType) {
  return parameters.map(({ name, shape }, index) => ({
    weight: makeWeight({ name, shape, dtype }, index, recipe.stateDtype, () => {}),
    recipe,
  }));
}

/** csrc/cuda/newton-schulz.cuh, of a matrix with the given sides. */
export function orthogonalFlops(short: number, long: number, steps: number): number {
  const segment = long >= 2 * short ? 3 : 1;
  let flops = 0;
  for (let first = 0; first < steps; first += segment) {
    const count = Math.min(segment, steps - first);
    flops += 3 * short ** 2 * long + (4 * count - 3) * short ** 3;
  }
  return flops;
}

function workOfWeight({ weight, momentum, state }: PlannedWeight, isClipped: boolean): Work {
  const elements = numel(weight.shape);
  const passes = isClipped ? 4 : 3;
  let bytes = passes * elements * bytesPerElement[weight.dtype];
  for (const { kind, bytes: size } of state.values()) bytes += touched[kind] * size;
  if (momentum.step === "orthogonalStep") {
    const { rows, cols, batch } = weight;
    const steps = Number(momentum.constants?.steps);
    const [short, long] = [Math.min(rows, cols), Math.max(rows, cols)];
    return { bytes, flops: batch * orthogonalFlops(short, long, steps) };
  }
  const [, rank = 0] = state.get("basis")?.shape ?? [];
  return { bytes, flops: 4 * elements * rank };
}

export function total(work: readonly Work[]): Work {
  return {
    bytes: work.reduce((sum, { bytes }) => sum + bytes, 0),
    flops: work.reduce((sum, { flops }) => sum + flops, 0),
  };
}

/** Milliseconds: parameter by parameter whichever takes longer, moving or multiplying. */
export function floorMs(work: readonly Work[], dtype: WeightDType, rates: Rates): number {
  const tflops = dtype === "float32" ? rates.floatTflops : rates.mmaTflops;
  const seconds = work.map(({ bytes, flops }) =>
    Math.max(bytes / (rates.copyGBs * 1e9), flops / (tflops * 1e12)),
  );
  return 1000 * seconds.reduce((sum, one) => sum + one, 0);
}
