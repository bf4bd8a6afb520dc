/** Element types, and the typed arrays that carry them. */
import { isFloat32Array, isUint16Array } from "node:util/types";
import { LeanError } from "./errors.js";
import { show } from "./options.js";

export type DType = "float32" | "bfloat16" | "float16" | "float64" | "int32" | "int64";
/** Types of parameters and gradients. */
export type WeightDType = "float32" | "bfloat16" | "float16";
/** Types of momentum and basis. Second moments are float32, always. */
export type StateDType = "float32" | "bfloat16";

/** 16-bit floats travel as `Uint16Array`s of their bits (or as a `Float16Array`, where there is one). */
export type WeightArray = Float32Array | Uint16Array;

export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  bfloat16: 2,
  float16: 2,
  float64: 8,
  int32: 4,
  int64: 8,
};

/** Number of elements of a shape; a scalar's shape is `[]`. */
export function numel(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function isFloat16Array(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Float16Array]";
}

/** The type that an array's own class implies, or undefined: a Uint16Array may be either 16-bit one. */
function impliedDType(array: unknown): WeightDType | "16-bit" | undefined {
  if (isFloat32Array(array)) return "float32";
  if (isFloat16Array(array)) return "float16";
  if (isUint16Array(array)) return "16-bit";
  return undefined;
}

/**
 * Checks that an array can carry `dtype` (or finds the type where none is given) and returns it.
 *
 * @throws LeanError ERR_LEAN_DTYPE when it cannot
 */
export function weightDType(
  array: unknown,
  dtype: WeightDType | undefined,
  parameter: string,
): WeightDType {
  const implied = impliedDType(array);
  if (implied === undefined) {
    throw new LeanError(
      "ERR_LEAN_DTYPE",
      `${parameter}: expected a Float32Array, or a Uint16Array with the bits of bfloat16 or float16`,
      { parameter, value: array },
    );
  }
  if (dtype === undefined && implied === "16-bit") {
    throw new LeanError(
      "ERR_LEAN_DTYPE",
      `${parameter}: a Uint16Array needs dtype: "bfloat16" or "float16"`,
      { parameter, value: dtype },
    );
  }
  const wanted = dtype ?? (implied as WeightDType);
  const fits = implied === "16-bit" ? wanted !== "float32" : implied === wanted;
  if (!["float32", "bfloat16", "float16"].includes(wanted) || !fits) {
    throw new LeanError(
      "ERR_LEAN_DTYPE",
      `${parameter}: ${Object.prototype.toString.call(array).slice(8, -1)} cannot carry dtype ${show(wanted)}`,
      { parameter, value: wanted },
    );
  }
  return wanted;
}

/**
 * The dtype of memory that does not say what it holds.
 *
 * @throws LeanError ERR_LEAN_DTYPE
 */
export function requireWeightDType(dtype: unknown, parameter: string): WeightDType {
  if (dtype === "float32" || dtype === "bfloat16" || dtype === "float16") return dtype;
  throw new LeanError(
    "ERR_LEAN_DTYPE",
    `${parameter} must be "float32", "bfloat16" or "float16", not ${show(dtype)}`,
    { parameter, value: dtype },
  );
}
