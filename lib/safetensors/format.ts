/** What readers and writers of safetensors files agree on. */

import { LeanError } from "../errors.js";

const DTYPE_BYTES = { F64: 8, I64: 8, F32: 4, I32: 4, BF16: 2, F16: 2, U8: 1, BOOL: 1 } as const;

/** The element types read and written here, in the format's spelling. */
export type SafetensorsDtype = keyof typeof DTYPE_BYTES;

/** The header's entry that holds strings rather than a tensor. */
export const METADATA_KEY = "__metadata__";

/** The length of the header comes first, in so many bytes. */
export const PREFIX_BYTES = 8;

/** The longest header that the format's own implementation reads. */
export const LARGEST_HEADER = 100_000_000;

/** Where a tensor lies in a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** The first of its bytes, and the first after them, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** What a file says about itself. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The position in the file from which `begin` and `end` count. */
  readonly dataStart: number;
}

/** The size of one element. */
export function elementBytes(dtype: SafetensorsDtype): number {
  return DTYPE_BYTES[dtype];
}

/** The size of a tensor; undefined where its shape is not one, or too large to be counted. */
export function tensorBytes(dtype: SafetensorsDtype, shape: unknown): number | undefined {
  if (!isSizes(shape)) return undefined;
  const bytes = shape.reduce((product, size) => product * size, elementBytes(dtype));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Whether a value is a list of sizes: integers of at least 0. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** @throws LeanError ERR_LEAN_DTYPE for what is not a {@link SafetensorsDtype} */
export function requireDtype(name: string, dtype: unknown): asserts dtype is SafetensorsDtype {
  if (typeof dtype === "string" && Object.hasOwn(DTYPE_BYTES, dtype)) return;
  const known = Object.keys(DTYPE_BYTES).join(", ");
  const message = `${quote(name)}: dtype ${String(dtype)}, not one of ${known}`;
  throw new LeanError("ERR_LEAN_DTYPE", message, { parameter: name, value: dtype });
}

/** Bytes as an array of the dtype's elements, BF16 and F16 as their bits. Copies what is unaligned. */
export function typedArray(dtype: SafetensorsDtype, bytes: Uint8Array) {
  const isAligned = bytes.byteOffset % elementBytes(dtype) === 0;
  const { buffer, byteOffset, byteLength } = isAligned ? bytes : Uint8Array.from(bytes);
  const length = byteLength / elementBytes(dtype);
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer, byteOffset, length);
    case "F32":
      return new Float32Array(buffer, byteOffset, length);
    case "I64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "I32":
      return new Int32Array(buffer, byteOffset, length);
    case "BF16":
    case "F16":
      return new Uint16Array(buffer, byteOffset, length);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer, byteOffset, length);
  }
}

/** A name as it is shown in messages. */
export function quote(name: string): string {
  return JSON.stringify(name);
}
