import {
  type StateArray,
  type StateDict,
  type StateDictEntry,
  stepsKey,
} from "../../checkpoint.js";
import { LeanError } from "../../errors.js";
import type { TfNamedTensor, TfStateDtype } from "./namespace.js";

/** A state dict with the parameters it belongs to, in the order in which they were first stepped. */
export interface SavedState {
  readonly parameters: readonly string[];
  readonly state: StateDict;
}

/** One tensor of a state as tfjs can hold it. */
export interface EncodedTensor {
  readonly name: string;
  readonly dtype: TfStateDtype;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/**
 * A state as named float32 and int32 tensors, bit for bit: int64 as pairs of int32 (last dimension
 * 2), bfloat16 as the float32 of the same value. What a tensor was otherwise is told after a colon.
 * They come parameter by parameter, whose order `decodeState` finds again.
 */
export function encodeState({ parameters, state }: SavedState): EncodedTensor[] {
  const names = Object.keys(state);
  const ordered = parameters.flatMap((parameter) =>
    names.filter((name) => name !== stepsKey && parameterOf(name) === parameter),
  );
  return [stepsKey, ...ordered].map((name) => encodeTensor(name, state[name] as StateDictEntry));
}

/** @throws LeanError ERR_LEAN_CHECKPOINT when a tensor is none of `encodeState`'s */
export async function decodeState(tensors: readonly TfNamedTensor[]): Promise<SavedState> {
  const entries = await Promise.all(tensors.map(decodeTensor));
  const names = entries.map(([name]) => name).filter((name) => name !== stepsKey);
  return {
    parameters: [...new Set(names.map(parameterOf))],
    state: Object.fromEntries(entries),
  };
}

/** The keys of a parameter's state have no dots. */
function parameterOf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

function encodeTensor(name: string, { dtype, shape, data }: StateDictEntry): EncodedTensor {
  if (dtype === "float32") return { name, dtype, shape, values: data as Float32Array };
  if (dtype === "int32") return { name, dtype, shape, values: data as Int32Array };
  if (dtype === "int64") {
    const values = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
    return { name: `${name}:int64`, dtype: "int32", shape: [...shape, 2], values };
  }
  if (dtype === "bfloat16") {
    const bits = Uint32Array.from(data as Uint16Array, (half) => half << 16);
    const values = new Float32Array(bits.buffer);
    return { name: `${name}:bfloat16`, dtype: "float32", shape, values };
  }
  throw new LeanError("ERR_LEAN_UNSUPPORTED", `${name}: tfjs has no tensors for ${dtype}`, {
    parameter: name,
    value: dtype,
  });
}

async function decodeTensor({ name, tensor }: TfNamedTensor): Promise<[string, StateDictEntry]> {
  // Sliced: the tensor is the caller's, and on tfjs's CPU backend its array is, too.
  const values = ((await tensor.data()) as Float32Array | Int32Array).slice();
  const [, key = name, encoding] = /^(.*?)(?::(int64|bfloat16))?$/.exec(name) ?? [];
  const dtype = encoding ?? tensor.dtype;
  const entry = (dtype: StateDictEntry["dtype"], shape: number[], data: StateArray) =>
    [key, { dtype, shape, data }] as [string, StateDictEntry];
  if (dtype === "int64") {
    return entry("int64", tensor.shape.slice(0, -1), new BigInt64Array(values.buffer));
  }
  if (dtype === "bfloat16") {
    const bits = new Uint32Array(values.buffer);
    return entry(
      "bfloat16",
      tensor.shape,
      Uint16Array.from(bits, (word) => word >>> 16),
    );
  }
  if (dtype === "float32" || dtype === "int32") return entry(dtype, tensor.shape, values);
  throw new LeanError("ERR_LEAN_CHECKPOINT", `${name}: no state is kept as ${dtype}`, {
    parameter: name,
    value: dtype,
  });
}
