/**
 * The addon's surface, typed: the only file that knows what the addon exports. Native calls return
 * a status; the Error is built here, so that it is an `Error` of the caller's realm.
 */
import { loadBinding } from "./binding.js";
import { type ErrorCode, LeanError } from "./errors.js";
import { requireInteger } from "./options.js";
import type { DType } from "./tensor.js";

/** Where a tensor of a program lives; offsets are in bytes. */
export type Place =
  | { readonly place: "external"; readonly slot: number; readonly offset?: number }
  | { readonly place: "state" | "workspace" | "hyper"; readonly offset: number };

export type TensorSpec = Place & { readonly dtype: DType; readonly shape: readonly number[] };

export type FieldValue = TensorSpec | number | boolean | string | null | undefined;
export type Item = Readonly<Record<string, FieldValue>>;

export interface Call {
  readonly kernel: KernelName;
  readonly items: readonly Item[];
}

export interface ProgramSpec {
  readonly device: string;
  /** Number of external arrays. */
  readonly slots: number;
  /** Bytes of the arena, or the caller's own memory for it. */
  readonly state: number | ArrayBufferView | ArrayBufferLike;
  readonly workspace: number;
  readonly hyper: number;
  readonly sequences: readonly (readonly Call[])[];
}

/** Every kernel, by the name in its csrc/kernels header. */
export type KernelName =
  | "adoptBasis"
  | "adoptLines"
  | "denseStep"
  | "gradientNorm"
  | "gradientStats"
  | "lineStep"
  | "powerIteration"
  | "prologue"
  | "scalars"
  | "subsetMoment"
  | "subspaceStep"
  | "svdBasis"
  | "topKLines"
  | "uniformLines";

export const kernelNames: readonly KernelName[] = [
  "adoptBasis",
  "adoptLines",
  "denseStep",
  "gradientNorm",
  "gradientStats",
  "lineStep",
  "powerIteration",
  "prologue",
  "scalars",
  "subsetMoment",
  "subspaceStep",
  "svdBasis",
  "topKLines",
  "uniformLines",
];

/** Entries of a parameter's StepScalars (csrc/core/step-scalars.h), in order; float32. */
export const scalarNames = [
  "active",
  "refresh",
  "gradFactor",
  "l2",
  "mDecay",
  "mGain",
  "mScale",
  "nGrad",
  "vDecay",
  "vGain",
  "vScale",
  "eps",
  "stepSize",
  "decayBefore",
  "decayAfter",
  "dropMomentum",
] as const;

/** Entries of a parameter's Counters, in order; int64. */
export const counterNames = [
  "calls",
  "updates",
  "sinceBasis",
  "hasBasis",
  "skipped",
  "refreshes",
  "refused",
  "reserved",
] as const;

export interface FieldDescription {
  readonly name: string;
  readonly type: "tensor" | "real" | "integer" | "boolean" | "choice";
  readonly optional: boolean;
  readonly choices: readonly string[];
}

export interface KernelDescription {
  readonly name: string;
  readonly fields: readonly FieldDescription[];
}

export interface DeviceDescription {
  readonly name: string;
  /** Instruction set and BLAS: runs are bit-equal within one kind. */
  readonly kind: string;
  readonly kernels: readonly string[];
}

export interface NativeInfo {
  readonly scalars: readonly string[];
  readonly counters: readonly string[];
  readonly threads: number;
  readonly devices: readonly DeviceDescription[];
}

type Bytes = ArrayBufferView | ArrayBufferLike;

interface RawProgram {
  bind(slots: readonly number[], arrays: readonly (Bytes | null)[]): boolean;
  run(sequence: number, hyper: Float64Array): boolean;
  runAsync(sequence: number, hyper: Float64Array, keepAlive: object): Promise<boolean> | false;
  readState(offset: number, into: Bytes): boolean;
  writeState(offset: number, from: Bytes): boolean;
  readWorkspace(offset: number, into: Bytes): boolean;
  workspaceBytes(): number | false;
  dispose(): boolean;
}

interface Addon {
  Program: new (spec: ProgramSpec) => RawProgram;
  takeError(): NativeError | undefined;
  kernels(): KernelDescription[];
  info(): NativeInfo;
  setThreads(n: number): boolean;
}

let addon: Addon | undefined;

function native(): Addon {
  addon ??= loadBinding() as Addon;
  return addon;
}

interface NativeError {
  readonly code: string;
  readonly message: string;
}

function leanError({ code, message }: NativeError): LeanError {
  return new LeanError(code as ErrorCode, message);
}

function fail(): never {
  const unknown = { code: "ERR_LEAN_NATIVE", message: "a native call failed without a message" };
  throw leanError(native().takeError() ?? unknown);
}

/** A bound program: kernel calls over fixed buffers, replayed by one native call. */
export class NativeProgram {
  readonly #raw: RawProgram;
  /** What the slots point into, which must live as long as they do. */
  readonly #bound: (Bytes | null)[] = [];

  constructor(spec: ProgramSpec) {
    this.#raw = new (native().Program)(spec);
    // A constructor has no status to return.
    const error = native().takeError();
    if (error !== undefined) throw leanError(error);
  }

  /** Gives external slots their memory; null takes it away. */
  bind(slots: readonly number[], arrays: readonly (Bytes | null)[]): void {
    if (!this.#raw.bind(slots, arrays)) fail();
    slots.forEach((slot, i) => {
      this.#bound[slot] = arrays[i] ?? null;
    });
  }

  run(sequence: number, hyper: Float64Array): void {
    if (!this.#raw.run(sequence, hyper)) fail();
  }

  /** Runs on a thread of the libuv pool. */
  async runAsync(sequence: number, hyper: Float64Array): Promise<void> {
    const started = this.#raw.runAsync(sequence, hyper, this);
    if (started === false || !(await started)) fail();
  }

  readState<T extends Bytes>(offset: number, into: T): T {
    if (!this.#raw.readState(offset, into)) fail();
    return into;
  }

  writeState(offset: number, from: Bytes): void {
    if (!this.#raw.writeState(offset, from)) fail();
  }

  readWorkspace<T extends Bytes>(offset: number, into: T): T {
    if (!this.#raw.readWorkspace(offset, into)) fail();
    return into;
  }

  /** Bytes beside the state that live as long as the program. */
  get workspaceBytes(): number {
    const bytes = this.#raw.workspaceBytes();
    if (bytes === false) fail();
    return bytes;
  }

  dispose(): void {
    if (!this.#raw.dispose()) fail();
    this.#bound.length = 0;
  }
}

export function describeKernels(): readonly KernelDescription[] {
  return native().kernels();
}

export function describeNative(): NativeInfo {
  return native().info();
}

/**
 * Sets how many threads the CPU backend uses in this process, from the next step on; 0 restores the
 * default (`LEAN_OPTIM_THREADS`, or every available processor). Results do not depend on it.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG
 */
export function setThreads(threads: number): void {
  requireInteger("threads", threads, 0, 4096);
  if (!native().setThreads(threads)) fail();
}

/** A tensor argument of {@link runKernel}: memory with its shape and type. */
export interface KernelTensor {
  readonly data: ArrayBufferView;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * Runs one kernel over the given items, in place. For tests and benchmarks of kernels; optimizers
 * go through programs.
 */
export function runKernel(
  device: string,
  kernel: KernelName,
  items: readonly Readonly<
    Record<string, KernelTensor | number | boolean | string | null | undefined>
  >[],
): void {
  const program = bindKernel(device, kernel, items);
  try {
    program.run(0, noHyper);
  } finally {
    program.dispose();
  }
}

const noHyper = new Float64Array(0);

/** {@link runKernel} in two parts: build once, then `run(0, new Float64Array(0))` many times. */
export function bindKernel(
  device: string,
  kernel: KernelName,
  items: readonly Readonly<
    Record<string, KernelTensor | number | boolean | string | null | undefined>
  >[],
): NativeProgram {
  const arrays: ArrayBufferView[] = [];
  const bound = items.map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]): [string, FieldValue] => {
        if (typeof value !== "object" || value === null) return [name, value];
        const slot = arrays.push(value.data) - 1;
        return [name, { place: "external", slot, dtype: value.dtype, shape: value.shape }];
      }),
    ),
  );
  const program = new NativeProgram({
    device,
    slots: arrays.length,
    state: 0,
    workspace: 0,
    hyper: 0,
    sequences: [[{ kernel, items: bound }]],
  });
  program.bind(
    arrays.map((_, slot) => slot),
    arrays,
  );
  return program;
}
