/** Weights as the library takes them, and as numbers. */
import type { StateDict, WeightArray, WeightDType } from "lean-optim";
import { gaussians } from "../oracle/random.js";
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
} from "../oracle/rounding.js";

/** Types of a weight and of its gradients. */
export interface WeightType {
  readonly label: string;
  readonly dtype: WeightDType;
  readonly gradDtype: WeightDType;
}

export const weightTypes: readonly WeightType[] = [
  { label: "float32", dtype: "float32", gradDtype: "float32" },
  { label: "bfloat16", dtype: "bfloat16", gradDtype: "bfloat16" },
  { label: "float16", dtype: "float16", gradDtype: "float16" },
  { label: "bfloat16 with float32 gradients", dtype: "bfloat16", gradDtype: "float32" },
  { label: "float16 with float32 gradients", dtype: "float16", gradDtype: "float32" },
];

export const float32 = weightTypes[0] as WeightType;

/** The nearest values of a type. */
export function encode(values: ArrayLike<number>, dtype: WeightDType): WeightArray {
  if (dtype === "float32") return new Float32Array(values);
  return Uint16Array.from(values, dtype === "bfloat16" ? encodeBfloat16 : encodeFloat16);
}

export function decode(array: ArrayLike<number>, dtype: string): Float64Array {
  if (dtype === "bfloat16") return Float64Array.from(array, decodeBfloat16);
  if (dtype === "float16") return Float64Array.from(array, decodeFloat16);
  return new Float64Array(array);
}

const drawn = new Map<string, Float64Array>();

/** {@link gaussians}, drawn once for each seed: they take longer than a step does. */
function normals(count: number, seed: number): Float64Array {
  const key = `${count} ${seed}`;
  const values = drawn.get(key) ?? gaussians(count, seed);
  drawn.set(key, values);
  return values;
}

export function randomArray(count: number, seed: number, dtype: WeightDType = "float32") {
  return encode(normals(count, seed), dtype);
}

/** Of float32, so that its element type needs no mention. */
export function randomFloats(count: number, seed: number): Float32Array {
  return new Float32Array(normals(count, seed));
}

/** A tensor of a state dict as numbers. */
export function valuesOf(state: StateDict, name: string): Float64Array {
  const entry = state[name];
  if (entry === undefined) throw new RangeError(`no ${name} in a state dict`);
  if (entry.dtype === "int64") return Float64Array.from(entry.data as BigInt64Array, Number);
  return decode(entry.data as Float32Array, entry.dtype);
}

/** Half the distance of the two values of a type around x: what storing x may change it by. */
export function halfUlp(x: number, dtype: string): number {
  const [fractionBits, least] = { bfloat16: [7, -126], float16: [10, -14] }[dtype] ?? [23, -126];
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), least as number);
  return 2 ** (exponent - (fractionBits as number) - 1);
}
