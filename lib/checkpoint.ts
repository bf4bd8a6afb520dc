/** An optimizer's state as named tensors, in memory and in safetensors files. */
import { LeanError } from "./errors.js";
import { type Layout, type StateTensor, stateTensors } from "./layout.js";
import type { NativeProgram } from "./native.js";
import { nearest } from "./nearest.js";
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

/** Tensors by `<parameter>.<key>` with PyTorch's keys (`exp_avg`, `exp_avg_sq`), and `steps`. */
export type StateDict = Record<string, StateDictEntry>;

/** What a file says beside its tensors. */
export interface CheckpointMetadata {
  readonly format: string;
  readonly version: string;
  /** Instruction set and BLAS: a resumed run is bit-equal on the same kind. */
  readonly kind: string;
  /** JSON: the recipe of every group. */
  readonly recipes: string;
}

export const checkpointFormat = "lean-optim-1";
/** The number of steps taken, which schedules read: an int64 of its own beside the arena. */
export const stepsKey = "optimizer.steps";

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

export function readStateDict(program: NativeProgram, layout: Layout, steps: number): StateDict {
  const entries = [...stateTensors(layout)].map((tensor): [string, StateDictEntry] => {
    const data = program.readState(tensor.offset, emptyArray(tensor));
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data }];
  });
  return {
    [stepsKey]: { dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(steps)) },
    ...Object.fromEntries(entries),
  };
}

/** Every exponent bit set: an infinity or a NaN. */
function firstNonFinite({ dtype, data }: StateDictEntry): number {
  if (dtype === "float32") return (data as Float32Array).findIndex((x) => !Number.isFinite(x));
  const mask = dtype === "bfloat16" ? 0x7f80 : dtype === "float16" ? 0x7c00 : undefined;
  if (mask === undefined) return -1;
  return (data as Uint16Array).findIndex((bits) => (bits & mask) === mask);
}

function checkEntry(tensor: StateTensor, entry: StateDictEntry | undefined): StateDictEntry {
  const { name } = tensor;
  if (entry === undefined) refuse(`the checkpoint has no ${name}`, name);
  if (entry.dtype !== tensor.dtype) {
    refuse(
      `${name} is ${entry.dtype} in the checkpoint and ${tensor.dtype} here`,
      name,
      entry.dtype,
    );
  }
  if (entry.shape.join() !== tensor.shape.join() || entry.data.byteLength !== tensor.bytes) {
    refuse(
      `${name} is [${entry.shape.join(", ")}] in the checkpoint and [${tensor.shape.join(", ")}] here`,
      name,
      entry.shape,
    );
  }
  const bad = firstNonFinite(entry);
  if (bad >= 0) refuse(`${name} holds an infinity or a NaN at element ${bad}`, name, bad);
  return entry;
}

/**
 * Puts a state dict in the arena and returns the number of steps it stands for. Everything is
 * checked before anything is written.
 *
 * @throws LeanError ERR_LEAN_CHECKPOINT
 */
export function writeStateDict(program: NativeProgram, layout: Layout, dict: StateDict): number {
  const tensors = [...stateTensors(layout)];
  const names = new Set([stepsKey, ...tensors.map(({ name }) => name)]);
  for (const name of Object.keys(dict)) {
    if (names.has(name)) continue;
    const near = nearest(name, names);
    const hint = near === undefined ? "" : `; the nearest is ${near}`;
    refuse(`the checkpoint has ${name}, which this optimizer does not have${hint}`, name);
  }
  const steps = dict[stepsKey];
  if (steps?.dtype !== "int64" || steps.data.length !== 1 || (steps.data[0] as bigint) < 0n) {
    refuse(`the checkpoint has no count of steps (${stepsKey})`, stepsKey);
  }
  const entries = tensors.map((tensor) => checkEntry(tensor, dict[tensor.name]));
  tensors.forEach((tensor, i) => {
    program.writeState(tensor.offset, (entries[i] as StateDictEntry).data);
  });
  return Number(steps.data[0]);
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
