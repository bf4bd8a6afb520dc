import type { Projection, StateSpec } from "../part.js";

/** State of a projector with an orthonormal basis: k × rank, k the length of the projected side. */
export function basisState({ weight, rank, right }: Projection): StateSpec {
  return {
    key: "basis",
    kind: "basis",
    shape: [right ? weight.cols : weight.rows, rank],
    dtype: weight.stateDtype,
  };
}

/** State of a projector on lines: the numbers of the rows or columns it keeps. */
export function indexState({ weight, rank, right }: Projection): StateSpec {
  const lines = right ? weight.cols : weight.rows;
  return { key: "index", kind: "basis", shape: [rank], dtype: "int32", lines };
}
