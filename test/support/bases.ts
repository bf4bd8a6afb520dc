/** Bases that an optimizer found. */
import {
  generic,
  type MomentumOption,
  momentums,
  Optimizer,
  type SubspaceOptions,
} from "lean-optim";
import { type Matrix, matrix } from "../oracle/matrix.js";
import { valuesOf } from "./dtypes.js";

/** An optimizer of one float32 weight `w` with nothing but a subspace momentum. */
export function subspaceOptimizer(
  shape: readonly number[],
  options: SubspaceOptions,
  more: { grad?: Float32Array; seed?: number; stateDtype?: "float32" | "bfloat16" } = {},
): Optimizer {
  const { seed, stateDtype, grad } = more;
  const momentum: MomentumOption = momentums.subspace(options);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return new Optimizer(
    [{ params: [{ name: "w", shape, data, grad }], optimizer: generic({ momentum, stateDtype }) }],
    { seed },
  );
}

/** The basis of `w`, k × r. */
export function basisOf(optimizer: Optimizer): Matrix {
  const state = optimizer.stateDict();
  const [rows = 0, cols = 0] = state["w.basis"]?.shape ?? [];
  return matrix(rows, cols, valuesOf(state, "w.basis"));
}

/** The line numbers of `w`. */
export function linesOf(optimizer: Optimizer): number[] {
  return Array.from(valuesOf(optimizer.stateDict(), "w.index"));
}
