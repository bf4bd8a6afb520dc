/** Numbers as tensors of every element type and back, and what storing them costs. */
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
} from "../../../test/oracle/rounding.js";
import type { KernelTensor } from "../../run-kernel.js";
import type { DType, WeightDType } from "../../tensor.js";

type FloatDType = WeightDType | "float64";

/** Half the distance of neighbours: relative to their size, and of the least positive ones. */
const precision: Readonly<
  Record<FloatDType, { readonly relative: number; readonly least: number }>
> = {
  float64: { relative: 2 ** -53, least: 2 ** -1075 },
  float32: { relative: 2 ** -24, least: 2 ** -150 },
  bfloat16: { relative: 2 ** -8, least: 2 ** -134 },
  float16: { relative: 2 ** -11, least: 2 ** -25 },
};

/** How far a number may be from what is stored of it. */
export function storageError(dtype: FloatDType, x: number): number {
  const { relative, least } = precision[dtype];
  return Math.abs(x) * relative + least;
}

export function unitRoundoff(dtype: FloatDType): number {
  return precision[dtype].relative;
}

/** A tensor of the values nearest to the given ones. */
export function floats(
  dtype: FloatDType,
  shape: readonly number[],
  values: ArrayLike<number>,
): KernelTensor {
  return { data: encode(dtype, values), shape, dtype };
}

function encode(dtype: FloatDType, values: ArrayLike<number>): NodeJS.TypedArray {
  switch (dtype) {
    case "float64":
      return Float64Array.from(values);
    case "float32":
      return Float32Array.from(values);
    case "bfloat16":
      return Uint16Array.from(values, encodeBfloat16);
    case "float16":
      return Uint16Array.from(values, encodeFloat16);
  }
}

/** A tensor's values. */
export function valuesOf({ dtype, data }: KernelTensor): Float64Array {
  switch (dtype) {
    case "bfloat16":
      return Float64Array.from(data as Uint16Array, decodeBfloat16);
    case "float16":
      return Float64Array.from(data as Uint16Array, decodeFloat16);
    case "int64":
      return Float64Array.from(data as BigInt64Array, Number);
    default:
      return Float64Array.from(data as Float32Array);
  }
}

export function int32s(values: ArrayLike<number>): KernelTensor {
  return { data: Int32Array.from(values), shape: [values.length], dtype: "int32" };
}

export function int64s(values: readonly number[]): KernelTensor {
  return { data: BigInt64Array.from(values, BigInt), shape: [values.length], dtype: "int64" };
}

/** A tensor whose memory is not there: what a parameter without a gradient has. */
export function absent(dtype: DType, shape: readonly number[]): KernelTensor {
  return { data: null as unknown as NodeJS.TypedArray, shape, dtype };
}
