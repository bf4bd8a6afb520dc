import { LeanError } from "./errors.js";
import { show } from "./options.js";
import type { Weight } from "./parts/part.js";
import type { StateDType, WeightDType } from "./tensor.js";

/** A parameter's shape and type, without its memory: enough to plan its state. */
export interface WeightOptions {
  readonly name: string;
  /** Row-major; `[]` is a scalar. */
  readonly shape: readonly number[];
  readonly dtype: WeightDType;
  /** The first dimension counts matrices (stacked expert weights). Default false. */
  readonly batched?: boolean;
}

/** @throws LeanError ERR_LEAN_SHAPE unless it is an array of non-negative integers */
export function requireShape(parameter: string, shape: unknown): asserts shape is number[] {
  const isShape = Array.isArray(shape) && shape.every((x) => Number.isSafeInteger(x) && x >= 0);
  if (isShape) return;
  throw new LeanError(
    "ERR_LEAN_SHAPE",
    `${parameter}: shape must be an array of non-negative integers, not ${show(shape)}`,
    { parameter, value: shape },
  );
}

/**
 * A parameter as parts see it: of more than two dimensions it is the matrix (shape[0], rest), or
 * shape[0] matrices (shape[1], rest) where it is batched; of fewer, one row.
 *
 * @throws LeanError ERR_LEAN_SHAPE
 */
export function makeWeight(
  { name, shape, dtype, batched = false }: WeightOptions,
  index: number,
  stateDtype: StateDType | undefined,
  warn: (text: string) => void,
): Weight {
  requireShape(name, shape);
  if (batched && shape.length < 3) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}: a batched weight has at least 3 dimensions, not ${shape.length}`,
      { parameter: name, value: shape },
    );
  }
  const [batch, matrix] = batched ? [shape[0] ?? 0, shape.slice(1)] : [1, shape];
  const vector = matrix.length < 2;
  const rows = vector ? 1 : (matrix[0] ?? 0);
  const cols = matrix.slice(vector ? 0 : 1).reduce((product, extent) => product * extent, 1);
  return {
    name,
    index,
    shape,
    dtype,
    stateDtype: stateDtype ?? (dtype === "bfloat16" ? "bfloat16" : "float32"),
    batch,
    rows,
    cols,
    vector,
    warn,
  };
}
