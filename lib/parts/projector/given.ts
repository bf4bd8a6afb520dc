import { requireBoolean, requireKnownOptions } from "../../options.js";
import type { Projection, Projector, ProjectorPlan } from "../part.js";
import { basisState, indexState } from "./state.js";

export interface GivenOptions {
  /** Whether line numbers are given rather than an orthonormal basis. Default false. */
  lines?: boolean;
}

/**
 * The caller's own basis, handed over by `optimizer.setBasis` or `step({ bases })`: a k × rank
 * Float32Array with orthonormal columns, k the length of the projected side, or an Int32Array of
 * line numbers. csrc/kernels/adopt-basis.h, adopt-lines.h.
 */
export function given(options: GivenOptions = {}): Projector {
  requireKnownOptions("given", options, ["kind", "lines"]);
  const { lines = false } = options;
  requireBoolean("lines", lines);
  return {
    kind: "given",
    lines,
    plan: (projection: Projection): ProjectorPlan => {
      const state = lines ? indexState(projection) : basisState(projection);
      return {
        step: lines ? "lineStep" : "subspaceStep",
        state: [state],
        kernel: lines ? "adoptLines" : "adoptBasis",
        tensors: { [state.key]: state.key },
        source: { dtype: lines ? "int32" : "float32", shape: state.shape },
      };
    },
  };
}
