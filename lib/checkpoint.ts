/** An optimizer's state as named tensors, in memory and in safetensors files. */
import { LeanError } from "./errors.js";
import { type Layout, type StateTensor, stateTensors } from "./layout.js";
import type { NativeProgram } from "./native.js";
import { nearest } from "./nearest.js";
import { show } from "./options.js";
import {
  type SafetensorsDtype,
  SafetensorsReader,
  typedArray,
  writeSafetensors,
} from "./safetensors.js";
import type { DType } from "./tensor.js";

export type StateArray = Float32Array | Uint16Array | Int32Array | BigInt64Array;

/** One tensor of a state dict; 16-bit floats as their bits. */
export interface StateDictEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: StateArray;
}

/**
 * Tensors by `<parameter>.<key>` with PyTorch's keys (`exp_avg`, `exp_avg_sq`), and
 * `optimizer.steps`. What `stateDict()` returns also says, under a symbol, which recipes it is of:
 * a copy by spread says so still, a structured clone no longer.
 */
export type StateDict = Record<string, StateDictEntry>;

/** What a file says beside its tensors. */
export interface CheckpointMetadata {
  readonly format: string;
  readonly version: string;
  /** Instruction set and BLAS: a resumed run is bit-equal on the same kind. */
  readonly kind: string;
  /** JSON: every group's recipe and parameters (saved-recipes.ts). */
  readonly recipes: string;
}

export const checkpointFormat = "lean-optim-1";
/** The number of steps taken, which schedules read: an int64 of its own beside the arena. */
export const stepsKey = "optimizer.steps";

/** Where a state dict keeps its recipes, as in a file's metadata: no tensor, so no name of one. */
const recipesKey = Symbol.for("lean-optim.recipes");

const fileDtypes: Readonly<Record<DType, SafetensorsDtype>> = {
  float32: "F32",
  bfloat16: "BF16",
  float16: "F16",
  float64: "F64",
  int32: "I32",
  int64: "I64",
};

function emptyArray({ dtype, bytes }: StateTensor): StateArray {
  const buffer = new ArrayBuffer(bytes);
  if (dtype === "float32") return new Float32Array(buffer);
  if (dtype === "int32") return new Int32Array(buffer);
  if (dtype === "int64") return new BigInt64Array(buffer);
  return new Uint16Array(buffer);
}

function refuse(text: string, parameter: string, value?: unknown): never {
  throw new LeanError("ERR_LEAN_CHECKPOINT", text, { parameter, value });
}

export function readStateDict(
  program: NativeProgram,
  layout: Layout,
  steps: number,
  recipes: string,
): StateDict {
  const entries = [...stateTensors(layout)].map((tensor): [string, StateDictEntry] => {
    const data = program.readState(tensor.offset, emptyArray(tensor));
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data }];
  });
  const dict: StateDict = {
    [stepsKey]: { dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(steps)) },
    ...Object.fromEntries(entries),
  };
  return Object.assign(dict, { [recipesKey]: recipes });
}

/** The recipes that a state dict is of (saved-recipes.ts), if it says so. */
export function recipesOf(dict: StateDict): string | undefined {
  return (dict as { readonly [recipesKey]?: string } | null | undefined)?.[recipesKey];
}

const arrayClasses: Readonly<Record<DType, string>> = {
  float32: "Float32Array",
  bfloat16: "Uint16Array",
  float16: "Uint16Array",
  float64: "Float64Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
};

function checkEntry(tensor: StateTensor, entry: StateDictEntry | undefined): StateDictEntry {
  const { name } = tensor;
  if (typeof entry !== "object" || entry === null) refuse(`the checkpoint has no ${name}`, name);
  const { dtype, shape, data } = entry;
  if (dtype !== tensor.dtype) {
    refuse(`${name} is ${dtype} in the checkpoint and ${tensor.dtype} here`, name, dtype);
  }
  if (show(shape) !== show(tensor.shape)) {
    refuse(
      `${name} is ${show(shape)} in the checkpoint and ${show(tensor.shape)} here`,
      name,
      shape,
    );
  }
  const expected = arrayClasses[dtype];
  const found = Object.prototype.toString.call(data).slice(8, -1);
  if (found !== expected || data.byteLength !== tensor.bytes) {
    const wanted = `${tensor.bytes} bytes in a ${expected}`;
    refuse(`${name} must be ${wanted}, not ${data?.byteLength} in a ${found}`, name, data);
  }
  checkValues(tensor, data);
  return entry;
}

/** Refuses values that no step leaves behind, some of which a kernel could not survive. */
function checkValues({ name, kind, dtype, shape, lines }: StateTensor, data: StateArray): void {
  const bad = firstNonFinite(dtype, data);
  if (bad >= 0) refuse(`${name} holds an infinity or a NaN at element ${bad}`, name, bad);
  const isSigned =
    kind === "momentum" || kind === "error" || (kind === "basis" && lines === undefined);
  const negative = isSigned ? -1 : (data as Float32Array).findIndex((x) => x < 0);
  if (negative >= 0) {
    refuse(`${name} holds ${data[negative]} at element ${negative}`, name, data[negative]);
  }
  if (lines !== undefined) checkLines(name, data as Int32Array, shape.at(-1) as number, lines);
}

/** Line numbers are distinct, but for the zeros before the first refresh. */
function checkLines(name: string, data: Int32Array, rank: number, lines: number): void {
  for (let i = 0; i < data.length; i += rank) {
    const own = data.subarray(i, i + rank);
    const isDistinct = new Set(own).size === rank && own.every((line) => line < lines);
    if (isDistinct || own.every((line) => line === 0)) continue;
    refuse(`${name} must hold numbers of distinct lines, of ${lines}`, name, own);
  }
}

/** Every exponent bit set: an infinity or a NaN. */
function firstNonFinite(dtype: DType, data: StateArray): number {
  if (dtype === "float32") return (data as Float32Array).findIndex((x) => !Number.isFinite(x));
  if (dtype === "bfloat16") {
    return (data as Uint16Array).findIndex((bits) => (bits & 0x7f80) === 0x7f80);
  }
  return -1;
}

/**
 * Puts a state dict in the arena and returns the number of steps it stands for. Everything is
 * checked before anything is written.
 *
 * @throws LeanError ERR_LEAN_CHECKPOINT
 */
export function writeStateDict(program: NativeProgram, layout: Layout, dict: StateDict): number {
  if (typeof dict !== "object" || dict === null) {
    refuse(`a state must be an object, not ${show(dict)}`, "state", dict);
  }
  const tensors = [...stateTensors(layout)];
  const names = new Set([stepsKey, ...tensors.map(({ name }) => name)]);
  for (const name of Object.keys(dict)) {
    if (names.has(name)) continue;
    const near = nearest(name, names);
    const hint = near === undefined ? "" : `; the nearest is ${near}`;
    refuse(`the checkpoint has ${name}, which this optimizer does not have${hint}`, name);
  }
  const steps = readSteps(dict[stepsKey]);
  const entries = tensors.map((tensor) => checkEntry(tensor, dict[tensor.name]));
  tensors.forEach((tensor, i) => {
    program.writeState(tensor.offset, (entries[i] as StateDictEntry).data);
  });
  return steps;
}

function readSteps(entry: StateDictEntry | undefined): number {
  const [count] = entry?.dtype === "int64" && entry.data?.length === 1 ? entry.data : [];
  if (typeof count === "bigint" && count >= 0n && count <= Number.MAX_SAFE_INTEGER) {
    return Number(count);
  }
  return refuse(`the checkpoint has no count of steps (${stepsKey})`, stepsKey, count);
}

/**
 * Writes a checkpoint to a temporary file beside `path`, syncs and renames it: whatever fails, an
 * older file at `path` survives.
 *
 * @throws LeanError ERR_LEAN_IO
 */
export function saveCheckpoint(
  path: string,
  program: NativeProgram,
  layout: Layout,
  steps: number,
  metadata: CheckpointMetadata,
): void {
  const counted = {
    name: stepsKey,
    dtype: "I64" as const,
    shape: [1],
    data: BigInt64Array.of(BigInt(steps)),
  };
  const tensors = [...stateTensors(layout)].map((tensor) => ({
    name: tensor.name,
    dtype: fileDtypes[tensor.dtype],
    shape: tensor.shape,
    data: () => [program.readState(tensor.offset, emptyArray(tensor))],
  }));
  writeSafetensors(path, [counted, ...tensors], { ...metadata });
}

/** @throws LeanError ERR_LEAN_CHECKPOINT, ERR_LEAN_IO */
export function loadCheckpoint(path: string): { dict: StateDict; metadata: CheckpointMetadata } {
  const reader = SafetensorsReader.open(path);
  try {
    const metadata = reader.metadata as unknown as CheckpointMetadata;
    if (metadata?.format !== checkpointFormat) {
      refuse(`${path} is no checkpoint of lean-optim (${checkpointFormat})`, "path", path);
    }
    const dict: StateDict = {};
    for (const [name, entry] of reader.tensors) {
      const dtype = (Object.keys(fileDtypes) as DType[]).find((d) => fileDtypes[d] === entry.dtype);
      if (dtype === undefined)
        refuse(`${name} is ${entry.dtype} in the checkpoint`, name, entry.dtype);
      dict[name] = {
        dtype,
        shape: entry.shape,
        data: typedArray(entry.dtype, reader.read(name)) as StateArray,
      };
    }
    return { dict, metadata };
  } finally {
    reader.close();
  }
}
