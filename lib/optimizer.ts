import { checkArenaOn } from "./arena.js";
import { type BoundArray, BoundArrays, OwnedRanges } from "./bound-arrays.js";
import {
  checkpointFormat,
  loadCheckpoint,
  readStateDict,
  type StateDict,
  saveCheckpoint,
  writeStateDict,
} from "./checkpoint.js";
import { DeviceBuffer, type DevicePointer, DeviceView } from "./device-memory.js";
import { isHost } from "./devices.js";
import { LeanError } from "./errors.js";
import { type Layout, layOut, stateTensors } from "./layout.js";
import { type MemoryReport, memoryReport } from "./memory.js";
import { counterNames, describeNative, NativeProgram, scalarNames } from "./native.js";
import { nearest } from "./nearest.js";
import {
  type OptimizerOptions,
  type ParameterGroup,
  type StepSettings,
  stepSettings,
} from "./optimizer-options.js";
import { requireFinite, requireKnownOptions, show } from "./options.js";
import { checkGroups, deviceOfParameters, deviceView } from "./parameters.js";
import {
  type BuiltProgram,
  buildProgram,
  type GivenBasis,
  gradSlot,
  hyperOffset,
  hyperPerGroup,
  paramSlot,
} from "./program.js";
import type { Recipe } from "./recipe.js";
import { describeRecipes, requireSameRecipes } from "./saved-recipes.js";
import { scheduleFactor } from "./schedules.js";
import { numel, type WeightArray, type WeightDType, weightDType } from "./tensor.js";
import { version } from "./version.js";
import { makeWeight } from "./weight.js";

/** An orthonormal basis, or line numbers: see {@link Optimizer.setBasis}. */
export type Basis = Float32Array | Int32Array;

/** Arrays by parameter name, or by number in the order of the groups. */
export type Arrays<T> = Readonly<Record<string, T>> | readonly T[];

export interface StepOptions {
  /**
   * Gradients that have moved. A null one skips its parameter; one that is not named stays as it
   * was. Held, like every bound array, until another takes its place.
   */
  grads?: Arrays<WeightArray | DevicePointer | null>;
  /** Weights that have moved. */
  params?: Arrays<WeightArray | DevicePointer>;
  /** Bases for parameters whose projector is `given`, as {@link Optimizer.setBasis} takes them. */
  bases?: Readonly<Record<string, Basis>>;
  /** What gradients arrive multiplied by (a loss scale): they are divided by it. Default 1. */
  gradScale?: number;
}

const stepOptionNames = ["grads", "params", "bases", "gradScale"];

/** Arrays that take the place of bound ones. */
interface Moves {
  readonly indices: readonly number[];
  readonly arrays: readonly (BoundArray | null)[];
  /** All of the kind, once they have moved. */
  readonly after: readonly (BoundArray | null)[];
}

/** A group's settings that may change between steps. */
export interface GroupState {
  readonly recipe: Recipe;
  readonly names: readonly string[];
  lr: number;
  weightDecay: number;
}

/** Counts of one parameter, or of one matrix of a batched one. */
export type CounterReport = Record<Exclude<(typeof counterNames)[number], "reserved">, number>;

/**
 * Steps parameters that somebody else owns, in place.
 *
 * @example
 * const optimizer = new Optimizer([
 *   { params: [{ name: "w", data, shape: [512, 128], grad }], optimizer: adamSNSM({ lr: 1e-2, rank: 32 }) },
 * ]);
 * optimizer.step();
 */
export class Optimizer {
  /** Learning rates and decays, to be changed at will between steps. */
  readonly groups: readonly GroupState[];
  readonly #settings: StepSettings;
  readonly #layout: Layout;
  readonly #built: BuiltProgram;
  readonly #program: NativeProgram;
  readonly #hyper: Float64Array;
  readonly #index: ReadonlyMap<string, number>;
  readonly #dtypes: readonly WeightDType[];
  readonly #gradDtypes: readonly WeightDType[];
  readonly #params: BoundArrays;
  readonly #grads: BoundArrays;
  /** The caller's memory for the state, where there is any. */
  readonly #arena: Uint8Array | DeviceView | undefined;
  readonly #hasBasis = new Set<number>();
  readonly #result = new Float64Array(3);
  #owned: OwnedRanges;
  #steps = 0;
  #hasStepped = false;
  #running = false;
  #disposed = false;

  /**
   * @throws LeanError ERR_LEAN_DTYPE, ERR_LEAN_SHAPE, ERR_LEAN_ALIAS, ERR_LEAN_INVALID_ARG,
   *   ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_OUT_OF_MEMORY, ERR_LEAN_NO_BINARY
   */
  constructor(groups: readonly ParameterGroup[], options: OptimizerOptions = {}) {
    this.#settings = stepSettings(options, groups?.length, deviceOfParameters(groups));
    const { device, stream } = this.#settings;
    const checked = checkGroups(groups, device);
    const warned = new Set<string>();
    const warn = (text: string) => {
      if (!warned.has(text)) process.emitWarning(text, "LeanOptimWarning");
      warned.add(text);
    };
    const weights = checked.map(({ recipe, ...parameter }, index) => ({
      weight: makeWeight(parameter, index, recipe.stateDtype, warn),
      recipe,
    }));
    this.#layout = layOut(weights);
    const names = checked.map(({ name }) => name);
    const lengths = checked.map(({ data }) => data.length);
    this.#index = new Map(names.map((name, i) => [name, i]));
    this.#dtypes = checked.map(({ dtype }) => dtype);
    this.#gradDtypes = checked.map(({ gradDtype }) => gradDtype);
    this.#params = new BoundArrays("data", names, lengths);
    this.#grads = new BoundArrays("grad", names, lengths);
    const { state } = options;
    this.#arena = state === undefined ? undefined : checkArenaOn(device, state, this.#layout.bytes);
    const data = checked.map(({ data }) => data);
    const grads = checked.map(({ grad }) => grad);
    this.#owned = this.#claimAll(data);
    this.#requireFree(grads, this.#owned, grads.keys());

    this.#built = buildProgram(
      this.#layout.weights.map((planned, i) => ({
        ...planned,
        gradDtype: checked[i]?.gradDtype as WeightDType,
        group: checked[i]?.group as number,
      })),
      this.#settings,
    );
    this.#program = new NativeProgram({
      ...this.#built.spec,
      device,
      ...(stream !== undefined && { stream }),
      state: this.#arena ?? this.#layout.bytes,
    });
    this.#hyper = new Float64Array(this.#built.spec.hyper);
    if (this.#built.given.size > 0) this.#lend(this.#built.alwaysSlot, alwaysOn);
    this.#fillState();
    const all = checked.map((_, i) => i);
    this.#bind(this.#params, all, data, paramSlot);
    this.#bind(this.#grads, all, grads, gradSlot);
    this.groups = groups.map(({ optimizer, params }) => ({
      recipe: optimizer,
      names: params.map(({ name }) => name),
      lr: optimizer.lr,
      weightDecay: optimizer.weightDecay,
    }));
  }

  /** Steps asked for so far, which schedules read: skipped ones count. */
  get steps(): number {
    return this.#steps;
  }

  /** Bytes of the arena: everything that is kept from step to step. */
  get stateBytes(): number {
    return this.#layout.bytes;
  }

  /** Bytes beside the state that live as long as the optimizer. */
  get workspaceBytes(): number {
    this.#requireOpen();
    return this.#program.workspaceBytes;
  }

  /** Kernels that a step launches, or on the CPU runs one after another. */
  get launches(): number {
    this.#requireOpen();
    return this.#program.launches(0);
  }

  /** The state's bytes by kind. */
  memory(): MemoryReport {
    return memoryReport(this.#layout);
  }

  /**
   * Updates every parameter that has a gradient. On a CUDA device the step is only started:
   * {@link synchronize} waits for it, and reading the state does.
   *
   * @throws LeanError ERR_LEAN_DETACHED, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE, ERR_LEAN_ALIAS,
   *   ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_DISPOSED, ERR_LEAN_BUSY; weights and state are then as before
   */
  step(options?: StepOptions): void {
    this.#prepare(options);
    this.#program.run(0, this.#hyper);
    this.#count();
  }

  /**
   * {@link step} on a thread of the libuv pool. Until the promise settles, gradients and weights must
   * not change and no other method may be called.
   */
  async stepAsync(options?: StepOptions): Promise<void> {
    this.#prepare(options);
    this.#running = true;
    try {
      await this.#program.runAsync(0, this.#hyper);
      this.#count();
    } finally {
      this.#running = false;
    }
  }

  /**
   * Waits until every step that was started is done; on the CPU they are.
   *
   * @throws LeanError ERR_LEAN_NATIVE where the device has failed, or ERR_LEAN_DISPOSED
   */
  synchronize(): void {
    this.#requireOpen();
    this.#program.synchronize();
  }

  /**
   * Whether every step that was started is done, without waiting.
   *
   * @throws LeanError as {@link synchronize}
   */
  poll(): boolean {
    this.#requireOpen();
    return this.#program.isDone;
  }

  /**
   * The 2-norm of all gradients at the last step, after `gradScale`, before clipping; undefined
   * unless the step reads all gradients first (maxGradNorm or skipNonFinite).
   */
  get gradNorm(): number | undefined {
    this.#requireOpen();
    const { resultOffset } = this.#built;
    if (resultOffset === undefined || !this.#hasStepped) return undefined;
    return this.#program.readWorkspace(resultOffset, this.#result)[0];
  }

  /** Counts of a parameter: calls, updates, refreshes, ... One entry for each matrix of a batch. */
  counters(name: string): CounterReport[] {
    this.#requireOpen();
    const planned = this.#layout.weights[this.#find(name)];
    const tensor = planned?.state.get("counters");
    if (tensor === undefined) return [];
    const raw = this.#program.readState(tensor.offset, new BigInt64Array(tensor.bytes / 8));
    const count = counterNames.length;
    return Array.from({ length: raw.length / count }, (_, matrix) => {
      const entries = counterNames
        .filter((key) => key !== "reserved")
        .map((key, i) => [key, Number(raw[matrix * count + i])]);
      return Object.fromEntries(entries) as CounterReport;
    });
  }

  /**
   * Gives a parameter whose projector is `given` a new basis, before its next step: k × rank with
   * orthonormal columns (k the length of the projected side), or rank distinct line numbers in the
   * momentum's order (ascending under "rotate"); for a batched weight one after another. The momentum
   * follows the recipe's `onRefresh`.
   *
   * @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_UNSUPPORTED, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE,
   *   ERR_LEAN_INVALID_ARG (not orthonormal, not distinct); the old basis then stays
   */
  setBasis(name: string, basis: Basis): void {
    this.#requireOpen();
    this.#adopt(this.#checkBases({ [name]: basis }));
  }

  /** A copy of the state. */
  stateDict(): StateDict {
    this.#requireOpen();
    return readStateDict(this.#program, this.#layout, this.#steps);
  }

  /**
   * Replaces the state by a copy of `dict`. A run goes on from there bit for bit on the same kind of
   * processor, under the same recipes: `dict` does not say which they were.
   *
   * @throws LeanError ERR_LEAN_CHECKPOINT; the state is then as before
   */
  loadStateDict(dict: StateDict): void {
    this.#requireOpen();
    this.#steps = writeStateDict(this.#program, this.#layout, dict);
    this.#noteBases();
  }

  /**
   * Writes the state to a safetensors file. Whatever fails, an older file at `path` survives.
   *
   * @throws LeanError ERR_LEAN_IO
   */
  save(path: string): void {
    this.#requireOpen();
    saveCheckpoint(path, this.#program, this.#layout, this.#steps, {
      format: checkpointFormat,
      version,
      kind: this.#kind(),
      recipes: describeRecipes(this.groups),
    });
  }

  /**
   * Reads what {@link save} wrote, under the same recipes; learning rates and weight decay may differ.
   *
   * @throws LeanError ERR_LEAN_CHECKPOINT, ERR_LEAN_IO; the state is then as before
   */
  load(path: string): void {
    this.#requireOpen();
    const { dict, metadata } = loadCheckpoint(path);
    requireSameRecipes(metadata.recipes, this.groups);
    this.#steps = writeStateDict(this.#program, this.#layout, dict);
    this.#noteBases();
    const kind = this.#kind();
    if (metadata.kind !== kind) {
      process.emitWarning(
        `${path} was written on ${metadata.kind} and goes on on ${kind}: not bit for bit`,
        "LeanOptimWarning",
      );
    }
  }

  /** Frees the state. What needs it throws ERR_LEAN_DISPOSED from then on. */
  dispose(): void {
    if (this.#disposed) return;
    this.#requireIdle();
    this.#disposed = true;
    this.#params.arrays.fill(null);
    this.#grads.arrays.fill(null);
    this.#program.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #count(): void {
    this.#steps += 1;
    this.#hasStepped = true;
  }

  #kind(): string {
    const { device } = this.#settings;
    const { devices } = describeNative(device);
    return devices.find(({ name }) => name === device)?.kind ?? "unknown";
  }

  #requireIdle(): void {
    if (!this.#running) return;
    throw new LeanError("ERR_LEAN_BUSY", "a step is still running: await stepAsync() first");
  }

  #requireOpen(): void {
    if (this.#disposed) throw new LeanError("ERR_LEAN_DISPOSED", "the optimizer was disposed");
    this.#requireIdle();
    const arena = this.#arena;
    if (arena !== undefined && arena.byteLength !== this.#layout.bytes) {
      throw new LeanError("ERR_LEAN_DETACHED", "the memory of the state was detached or resized", {
        parameter: "state",
        value: arena.byteLength,
      });
    }
  }

  /** Everything of a step that can fail, before any weight or state is changed. */
  #prepare(options: StepOptions | undefined): void {
    this.#requireOpen();
    if (options !== undefined) {
      this.#prepareWith(options);
      return;
    }
    this.#params.requireIntact();
    this.#grads.requireIntact();
    this.#requireBases(this.#grads.arrays);
    this.#fillHyper(1);
  }

  #prepareWith(options: StepOptions): void {
    requireKnownOptions("step", options, stepOptionNames);
    const { gradScale = 1 } = options;
    requireFinite("gradScale", gradScale, Number.MIN_VALUE);
    const params = this.#moved("params", options.params, this.#params, this.#dtypes);
    const grads = this.#moved("grads", options.grads, this.#grads, this.#gradDtypes);
    this.#params.requireIntact(params.after);
    this.#grads.requireIntact(grads.after);
    const bases = this.#checkBases(options.bases ?? {});
    this.#requireBases(grads.after, bases);
    this.#fillHyper(gradScale);
    const isMoving = params.indices.length > 0;
    const owned = isMoving ? this.#claimAll(params.after as BoundArray[]) : this.#owned;
    this.#requireFree(grads.after, owned, isMoving ? grads.after.keys() : grads.indices);
    this.#adopt(bases);
    this.#owned = owned;
    this.#bind(this.#params, params.indices, params.arrays, paramSlot);
    this.#bind(this.#grads, grads.indices, grads.arrays, gradSlot);
  }

  #fillHyper(gradScale: number): void {
    const hyper = this.#hyper;
    hyper[hyperOffset.gradScale] = gradScale;
    hyper[hyperOffset.maxGradNorm] = this.#settings.maxGradNorm ?? 0;
    for (let i = 0; i < this.groups.length; i++) {
      const group = this.groups[i] as GroupState;
      const { lr, weightDecay } = group;
      if (!isRate(lr)) requireFinite(`groups[${i}].lr`, lr, 0);
      if (!isRate(weightDecay)) requireFinite(`groups[${i}].weightDecay`, weightDecay, 0);
      const { schedule } = group.recipe;
      const factor = schedule === undefined ? 1 : scheduleFactor(schedule, this.#steps + 1);
      hyper[hyperOffset.groups + hyperPerGroup * i] = lr * factor;
      hyper[hyperOffset.groups + hyperPerGroup * i + 1] = weightDecay;
    }
  }

  /** @throws LeanError for a parameter with a gradient whose basis nobody gave */
  #requireBases(
    grads: readonly (BoundArray | null)[],
    coming?: ReadonlyMap<number, unknown>,
  ): void {
    if (this.#hasBasis.size === this.#built.given.size) return;
    for (const index of this.#built.given.keys()) {
      if (this.#hasBasis.has(index) || coming?.has(index) || grads[index] === null) continue;
      const parameter = this.#name(index);
      throw new LeanError("ERR_LEAN_INVALID_ARG", `${parameter} has no basis yet: call setBasis`, {
        parameter,
        value: null,
      });
    }
  }

  /** Bases by parameter number, of the right type and length. */
  #checkBases(bases: Readonly<Record<string, Basis>>): Map<number, Basis> {
    const checked = new Map<number, Basis>();
    for (const [parameter, basis] of Object.entries(bases)) {
      const index = this.#find(parameter);
      const given = this.#built.given.get(index);
      if (given === undefined) {
        throw new LeanError("ERR_LEAN_UNSUPPORTED", `${parameter}: its projector is not "given"`, {
          parameter,
          value: basis,
        });
      }
      const expected = given.dtype === "int32" ? "Int32Array" : "Float32Array";
      if (Object.prototype.toString.call(basis) !== `[object ${expected}]`) {
        throw new LeanError("ERR_LEAN_DTYPE", `${parameter}: its basis must be a ${expected}`, {
          parameter,
          value: basis,
        });
      }
      if (basis.length !== numel(given.shape)) {
        throw new LeanError(
          "ERR_LEAN_SHAPE",
          `${parameter}: its basis must be ${show(given.shape)}, not ${basis.length} elements`,
          { parameter, value: basis.length },
        );
      }
      checked.set(index, basis);
    }
    return checked;
  }

  /** Gives parameters their bases, or none of them where one is refused. */
  #adopt(bases: ReadonlyMap<number, Basis>): void {
    const before = [...bases.keys()].flatMap((index) =>
      [...(this.#layout.weights[index]?.state.values() ?? [])].map(({ offset, bytes }) => ({
        offset,
        data: this.#program.readState(offset, new Uint8Array(bytes)),
      })),
    );
    try {
      for (const [index, basis] of bases) this.#adoptOne(index, basis);
    } catch (error) {
      for (const { offset, data } of before) this.#program.writeState(offset, data);
      throw error;
    }
    for (const index of bases.keys()) this.#hasBasis.add(index);
  }

  #adoptOne(index: number, basis: Basis): void {
    const given = this.#built.given.get(index) as GivenBasis;
    const parameter = this.#name(index);
    const refused = () => this.counters(parameter).reduce((sum, { refused }) => sum + refused, 0);
    const before = refused();
    const loan = this.#lend(given.slot, basis);
    try {
      this.#program.run(given.sequence, this.#hyper);
      this.#program.synchronize();
    } finally {
      this.#program.bind([given.slot], [null]);
      loan?.dispose();
    }
    if (refused() === before) return;
    const what =
      given.dtype === "int32"
        ? "distinct line numbers, ascending under onRefresh rotate"
        : "orthonormal columns";
    throw new LeanError("ERR_LEAN_INVALID_ARG", `${parameter}: its basis must have ${what}`, {
      parameter,
      value: basis,
    });
  }

  /** Binds an array of the host, by way of a copy where the device cannot reach it. */
  #lend(slot: number, array: Float32Array | Int32Array): DeviceBuffer | undefined {
    const { device } = this.#settings;
    if (isHost(device)) {
      this.#program.bind([slot], [array]);
      return undefined;
    }
    const buffer = new DeviceBuffer(device, array.byteLength);
    buffer.write(array);
    this.#program.bind([slot], [buffer]);
    return buffer;
  }

  #noteBases(): void {
    this.#hasBasis.clear();
    for (const index of this.#built.given.keys()) {
      const name = this.#name(index);
      if (this.counters(name).every(({ hasBasis }) => hasBasis > 0)) this.#hasBasis.add(index);
    }
  }

  /** Initial values that are not zero. */
  #fillState(): void {
    for (const { fill, offset, bytes } of stateTensors(this.#layout)) {
      if (fill === 0) continue;
      this.#program.writeState(offset, new Float32Array(bytes / 4).fill(fill));
    }
  }

  #name(index: number): string {
    return this.#layout.weights[index]?.weight.name as string;
  }

  #find(name: string): number {
    const index = this.#index.get(name);
    if (index !== undefined) return index;
    const near = nearest(name, this.#index.keys());
    throw new LeanError(
      "ERR_LEAN_UNKNOWN_NAME",
      `no parameter is called ${name}${near === undefined ? "" : `; did you mean ${near}?`}`,
      { parameter: name },
    );
  }

  /** What a step was handed, without the arrays that did not move. */
  #moved(
    option: string,
    given: Arrays<WeightArray | DevicePointer | null> | undefined,
    bound: BoundArrays,
    dtypes: readonly WeightDType[],
  ): Moves {
    const indices: number[] = [];
    const arrays: (BoundArray | null)[] = [];
    const after = [...bound.arrays];
    for (const [index, moved] of this.#numbered(option, given)) {
      const isNone = moved === null && option !== "params";
      const array = isNone
        ? null
        : this.#bindable(moved, bound, index, dtypes[index] as WeightDType);
      if (array === bound.arrays[index]) continue;
      indices.push(index);
      arrays.push(array);
      after[index] = array;
    }
    return { indices, arrays, after };
  }

  /** What takes the place of a bound array, or that itself where it has not moved. */
  #bindable(moved: unknown, bound: BoundArrays, index: number, dtype: WeightDType): BoundArray {
    const before = bound.arrays[index];
    const { device } = this.#settings;
    if (isHost(device)) {
      if (moved === before) return moved as BoundArray;
      weightDType(moved, dtype, bound.label(index));
      bound.requireLength(moved as WeightArray, index);
      return moved as WeightArray;
    }
    const view = deviceView(device, moved, dtype, bound.length(index), bound.label(index));
    const isSame = before instanceof DeviceView && before.ptr === view.ptr;
    return isSame ? before : view;
  }

  #numbered<T>(option: string, given: Arrays<T> | undefined): (readonly [number, T])[] {
    if (given === undefined) return [];
    if (!Array.isArray(given)) {
      return Object.entries(given).map(([name, array]) => [this.#find(name), array as T]);
    }
    const count = this.#params.arrays.length;
    if (given.length === count) return Array.from(given as readonly T[], (array, i) => [i, array]);
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${option} must have one array for each of the ${count} parameters, not ${given.length}`,
      { parameter: option, value: given.length },
    );
  }

  /** Everything that a step writes, each of it once. */
  #claimAll(params: readonly BoundArray[]): OwnedRanges {
    const owned = new OwnedRanges();
    if (this.#arena !== undefined) owned.claim(this.#arena, "state");
    params.forEach((array, index) => {
      owned.claim(array, this.#params.label(index));
    });
    return owned;
  }

  /** @throws LeanError ERR_LEAN_ALIAS where one of these gradients lies in memory that is owned */
  #requireFree(
    grads: readonly (BoundArray | null)[],
    owned: OwnedRanges,
    indices: Iterable<number>,
  ): void {
    for (const index of indices) {
      const grad = grads[index];
      if (grad) owned.requireFree(grad, this.#grads.label(index));
    }
  }

  #bind(
    bound: BoundArrays,
    indices: readonly number[],
    arrays: readonly (BoundArray | null)[],
    slot: (index: number) => number,
  ): void {
    if (indices.length === 0) return;
    this.#program.bind(indices.map(slot), arrays);
    indices.forEach((index, i) => {
      bound.arrays[index] = arrays[i] ?? null;
    });
  }
}

/** What `requireFinite` accepts, asked without making the option's name first. */
function isRate(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}

/** StepScalars that switch a kernel on. */
const alwaysOn = Float32Array.from(scalarNames, (name) =>
  name === "active" || name === "refresh" ? 1 : 0,
);
