/**
 * The addon's surface, typed: the only file that knows what the addon exports. Native calls return
 * a status; the Error is built here, so that it is an `Error` of the caller's realm.
 */
import { loadBinding } from "./binding.js";
import { isHost } from "./devices.js";
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

/** Memory of a device that is not the host's. */
export interface DeviceBytes {
  readonly ptr: bigint;
  readonly byteLength: number;
}

export interface ProgramSpec {
  readonly device: string;
  /** A stream of the caller's to run on; default: one of the program's own. */
  readonly stream?: bigint;
  /** Number of external arrays. */
  readonly slots: number;
  /** Bytes of the arena, or the caller's own memory for it. */
  readonly state: number | ArrayBufferView | ArrayBufferLike | DeviceBytes;
  readonly workspace: number;
  /** What kernels on a device should get along with between two launches; default: 768 MiB. */
  readonly scratch?: number;
  /** Without memory: it tells its workspace and launches, and refuses to run. */
  readonly planned?: boolean;
  readonly hyper: number;
  readonly sequences: readonly (readonly Call[])[];
}

/** Every kernel, by the name in its csrc/kernels header. */
export type KernelName =
  | "accumulate"
  | "adoptBasis"
  | "adoptLines"
  | "coordinateNoise"
  | "denseStep"
  | "gaussianBasis"
  | "gradientDot"
  | "gradientNorm"
  | "gradientStats"
  | "ldadamStep"
  | "lineStep"
  | "lowRankStep"
  | "orthogonalStep"
  | "powerIteration"
  | "prologue"
  | "randomizedSvd"
  | "scalars"
  | "srhtBasis"
  | "subsetMoment"
  | "subspaceStep"
  | "sumPartials"
  | "svdBasis"
  | "topKLines"
  | "uniformLines";

export const kernelNames: readonly KernelName[] = [
  "accumulate",
  "adoptBasis",
  "adoptLines",
  "coordinateNoise",
  "denseStep",
  "gaussianBasis",
  "gradientDot",
  "gradientNorm",
  "gradientStats",
  "ldadamStep",
  "lineStep",
  "lowRankStep",
  "orthogonalStep",
  "powerIteration",
  "prologue",
  "randomizedSvd",
  "scalars",
  "srhtBasis",
  "subsetMoment",
  "subspaceStep",
  "sumPartials",
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

/** A device that this machine does not have, and why. */
export interface AbsentDevice {
  readonly name: string;
  readonly reason: string;
}

/** A library that a device's kernels open when they need it. */
export interface LibraryDescription {
  readonly title: string;
  /** The name that it was opened by; null where it cannot be used. */
  readonly file: string | null;
  /** Why not: a line for every file that was tried. */
  readonly failure: string | null;
}

export interface NativeInfo {
  readonly scalars: readonly string[];
  readonly counters: readonly string[];
  readonly threads: number;
  readonly devices: readonly DeviceDescription[];
  readonly absent: readonly AbsentDevice[];
}

type Bytes = ArrayBufferView | ArrayBufferLike;
/** Of the host or of the program's device. */
type Memory = Bytes | DeviceBytes;

interface RawProgram {
  /** A number is the index of the array that is refused. */
  bind(slots: readonly number[], arrays: readonly (Memory | null)[]): boolean | number;
  bindAddresses(slots: Int32Array, addresses: BigUint64Array): boolean | number;
  /** How many, all bound; or the number of the first that is not known. */
  bindKnown(slots: Int32Array, addresses: BigUint64Array): number | false;
  forgetKnown(): boolean;
  run(sequence: number, hyper: Float64Array): boolean;
  runAsync(sequence: number, hyper: Float64Array, keepAlive: object): Promise<boolean> | false;
  readState(offset: number, into: Bytes): boolean;
  writeState(offset: number, from: Bytes): boolean;
  readWorkspace(offset: number, into: Bytes): boolean;
  post(number: number, offset: number, bytes: number): boolean;
  collect(number: number, into: Bytes): boolean;
  workspaceBytes(): number | false;
  stream(): bigint | false;
  launches(sequence: number): number | false;
  synchronize(): boolean;
  poll(): "done" | "running" | false;
  waitEvent(event: bigint): boolean;
  recordEvent(event: bigint): boolean;
  dispose(): boolean;
}

interface RawBuffer {
  address(): bigint | false;
  copyIn(offset: number, from: Bytes): boolean;
  copyOut(offset: number, into: Bytes): boolean;
  dispose(): boolean;
}

interface Addon {
  Program: new (spec: ProgramSpec) => RawProgram;
  Buffer: new (device: string, bytes: number) => RawBuffer;
  takeError(): NativeError | undefined;
  counters(device: string, on: boolean): string | null | false;
  kernels(): KernelDescription[];
  info(): NativeInfo;
  libraries(device: string): LibraryDescription[] | false;
  setThreads(n: number): boolean;
}

/** The addon that has a device. */
function native(device = "cpu"): Addon {
  return loadBinding(device === "simt" ? "simt" : "addon") as Addon;
}

interface NativeError {
  readonly code: string;
  readonly message: string;
  /** The argument at fault, if it is one. */
  readonly parameter?: string;
}

function leanError({ code, message, ...details }: NativeError): LeanError {
  return new LeanError(code as ErrorCode, message, details);
}

function fail(addon: Addon = native(), error = addon.takeError()): never {
  const unknown = { code: "ERR_LEAN_NATIVE", message: "a native call failed without a message" };
  throw leanError(error ?? unknown);
}

/** What a native call says of one of its arguments. */
function refuse(addon: Addon, parameter?: string): never {
  const error = addon.takeError();
  if (error === undefined || parameter === undefined) return fail(addon, error);
  const message = `${parameter}: ${error.message}`;
  throw new LeanError(error.code as ErrorCode, message, { parameter });
}

/** A constructor has no status to return. */
function requireConstructed(addon: Addon): void {
  const error = addon.takeError();
  if (error !== undefined) throw leanError(error);
}

/** What stands for no memory among addresses. */
const nowhere = 2n ** 64n - 1n;

// Loops, since `from` takes several times as long.
function numbersOf(slots: readonly number[]): Int32Array {
  const numbers = new Int32Array(slots.length);
  for (let i = 0; i < slots.length; i++) numbers[i] = slots[i] as number;
  return numbers;
}

function addressesOf(arrays: readonly (Memory | null)[]): BigUint64Array {
  const addresses = new BigUint64Array(arrays.length);
  for (let i = 0; i < arrays.length; i++) {
    addresses[i] = (arrays[i] as DeviceBytes | null)?.ptr ?? nowhere;
  }
  return addresses;
}

/** A bound program: kernel calls over fixed buffers, replayed by one native call. */
export class NativeProgram {
  readonly #addon: Addon;
  readonly #raw: RawProgram;
  readonly #device: string;
  /** What the slots point into, which must live as long as they do. */
  readonly #bound: (Memory | null)[] = [];

  constructor(spec: ProgramSpec) {
    this.#device = spec.device;
    this.#addon = native(spec.device);
    this.#raw = new this.#addon.Program(spec);
    requireConstructed(this.#addon);
  }

  /**
   * Gives external slots their memory; null takes it away. All of them or, where one is refused,
   * none; `label` then says whose it is.
   */
  bind(
    slots: readonly number[],
    arrays: readonly (Memory | null)[],
    label?: (index: number) => string,
  ): void {
    const bound = isHost(this.#device)
      ? this.#raw.bind(slots, arrays)
      : this.#raw.bindAddresses(numbersOf(slots), addressesOf(arrays));
    if (typeof bound === "number") refuse(this.#addon, label?.(bound));
    if (!bound) this.#fail();
    for (let i = 0; i < slots.length; i++) this.#bound[slots[i] as number] = arrays[i] ?? null;
  }

  /**
   * The same for addresses on a device that were found good for their slots before; 0 takes memory
   * away. False, with nothing done, where one of them was not, or is none of the last few.
   */
  bindKnown(slots: Int32Array, addresses: BigUint64Array): boolean {
    const known = this.#raw.bindKnown(slots, addresses);
    if (known === false) this.#fail();
    if (known < slots.length) return false;
    for (let i = 0; i < slots.length; i++) this.#bound[slots[i] as number] = null;
    return true;
  }

  /** No address is known to be good any more. */
  forgetKnown(): void {
    if (!this.#raw.forgetKnown()) this.#fail();
  }

  /** On a device it is only started: `synchronize` waits for it. */
  run(sequence: number, hyper: Float64Array): void {
    if (!this.#raw.run(sequence, hyper)) this.#fail();
  }

  /** Runs on a thread of the libuv pool, to the end on a device too. */
  async runAsync(sequence: number, hyper: Float64Array): Promise<void> {
    const started = this.#raw.runAsync(sequence, hyper, this);
    if (started === false || !(await started)) this.#fail();
  }

  /** Waits for all that was started. */
  synchronize(): void {
    if (!this.#raw.synchronize()) this.#fail();
  }

  /** Whether all that was started is done. */
  get isDone(): boolean {
    const state = this.#raw.poll();
    if (state === false) this.#fail();
    return state === "done";
  }

  /** What is run from now on waits for an event of the caller's. */
  waitEvent(event: bigint): void {
    if (!this.#raw.waitEvent(event)) this.#fail();
  }

  /** An event of the caller's stands for the end of what was run so far. */
  recordEvent(event: bigint): void {
    if (!this.#raw.recordEvent(event)) this.#fail();
  }

  readState<T extends Bytes>(offset: number, into: T): T {
    if (!this.#raw.readState(offset, into)) this.#fail();
    return into;
  }

  writeState(offset: number, from: Bytes): void {
    if (!this.#raw.writeState(offset, from)) this.#fail();
  }

  readWorkspace<T extends Bytes>(offset: number, into: T): T {
    if (!this.#raw.readWorkspace(offset, into)) this.#fail();
    return into;
  }

  /** Sends a part of the workspace to the host under a number, without waiting. */
  post(number: number, offset: number, bytes: number): void {
    if (!this.#raw.post(number, offset, bytes)) this.#fail();
  }

  /** What was posted under a number; waits for that and for nothing later. */
  collect<T extends Bytes>(number: number, into: T): T {
    if (!this.#raw.collect(number, into)) this.#fail();
    return into;
  }

  /** Bytes beside the state that live as long as the program. */
  get workspaceBytes(): number {
    const bytes = this.#raw.workspaceBytes();
    if (bytes === false) this.#fail();
    return bytes;
  }

  /** What runs are in the order of (cudaStream_t); undefined on a device that has no streams. */
  get stream(): bigint | undefined {
    const stream = this.#raw.stream();
    if (stream === false) this.#fail();
    return stream === 0n ? undefined : stream;
  }

  /** Kernels that a run of a sequence launches. */
  launches(sequence: number): number {
    const count = this.#raw.launches(sequence);
    if (count === false) this.#fail();
    return count;
  }

  dispose(): void {
    if (!this.#raw.dispose()) this.#fail();
    this.#bound.length = 0;
  }

  #fail(): never {
    fail(this.#addon);
  }
}

/** Memory of a device. */
export class NativeBuffer {
  readonly #addon: Addon;
  readonly #raw: RawBuffer;

  constructor(device: string, bytes: number) {
    this.#addon = native(device);
    this.#raw = new this.#addon.Buffer(device, bytes);
    requireConstructed(this.#addon);
  }

  get address(): bigint {
    const address = this.#raw.address();
    if (address === false) fail(this.#addon);
    return address;
  }

  copyIn(offset: number, from: Bytes): void {
    if (!this.#raw.copyIn(offset, from)) fail(this.#addon);
  }

  copyOut(offset: number, into: Bytes): void {
    if (!this.#raw.copyOut(offset, into)) fail(this.#addon);
  }

  dispose(): void {
    if (!this.#raw.dispose()) fail(this.#addon);
  }
}

export function describeKernels(): readonly KernelDescription[] {
  return native().kernels();
}

/** The libraries of a device, which this opens. */
export function describeLibraries(device: string): readonly LibraryDescription[] {
  const addon = native(device);
  const libraries = addon.libraries(device);
  if (libraries === false) fail(addon);
  return libraries;
}

/** What the addon that has this device can do here. */
export function describeNative(device?: string): NativeInfo {
  return native(device).info();
}

/** Traffic of a kernel with the device's memory, in one direction. */
export interface Traffic {
  /** That threads asked for. */
  readonly bytes: number;
  /** Of 32 bytes: each once for every instruction of a warp. */
  readonly sectorsRequested: number;
  /** Each once in a launch. */
  readonly sectorsTouched: number;
  /** Share of the requested sectors that was asked for. */
  readonly used: number;
}

/** What the launches of a kernel with one grid have done. */
export interface KernelCounters {
  readonly kernel: string;
  readonly grid: readonly [number, number, number];
  readonly block: readonly [number, number, number];
  readonly launches: number;
  readonly loads: Traffic;
  readonly stores: Traffic;
  /** Passes through the banks of shared memory, and those beyond the first of an instruction. */
  readonly sharedWavefronts: number;
  readonly bankConflicts: number;
  readonly barriers: number;
  readonly tensorInstructions: number;
  readonly warpInstructions: number;
}

/**
 * What a device's kernels have done since this was last asked, and whether to count from now on; null
 * where it does not count, as only the interpreter does.
 */
export function takeCounters(device: string, on: boolean): readonly KernelCounters[] | null {
  const addon = native(device);
  const counted = addon.counters(device, on);
  if (counted === false) fail(addon);
  return counted === null ? null : (JSON.parse(counted) as KernelCounters[]);
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
