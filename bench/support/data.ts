/** Arrays of reproducible noise in the element types of the library, and tensors of them. */

import type { KernelTensor } from "../../lib/run-kernel.js";
import type { DType } from "../../lib/tensor.js";

export type WeightType = "float32" | "bfloat16";
export type Shape = readonly [rows: number, columns: number];

/** Uniform in (-scale, scale), from a 32-bit xorshift. */
export function noise(count: number, scale: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  const step = scale / 2 ** 31;
  let state = (seed * 0x9e3779b1) | 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = state * step;
  }
  return values;
}

/** The upper halves of float32 values: bfloat16, rounded toward zero. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => word >>> 16);
}

export function noiseOf(
  dtype: WeightType,
  count: number,
  scale: number,
  seed: number,
): Float32Array | Uint16Array {
  const values = noise(count, scale, seed);
  return dtype === "bfloat16" ? toBfloat16(values) : values;
}

const dtypes: Readonly<Record<string, DType>> = {
  Float32Array: "float32",
  Float64Array: "float64",
  Int32Array: "int32",
  BigInt64Array: "int64",
  Uint16Array: "bfloat16",
};

export function tensor(data: NodeJS.TypedArray, shape: readonly number[]): KernelTensor {
  const dtype = dtypes[data.constructor.name];
  if (dtype === undefined) throw new Error(`no tensors of ${data.constructor.name}`);
  return { data, shape, dtype };
}
