import { checkArenaOn } from "./arena.js";
import {
  type ArraysOf,
  type ArrayType,
  type BoundArray,
  BoundArrays,
  OwnedRanges,
} from "./bound-arrays.js";
import {
  checkpointFormat,
  loadCheckpoint,
  readStateDict,
  recipesOf,
  type StateDict,
  saveCheckpoint,
  writeStateDict,
} from "./checkpoint.js";
import { type CounterReport, readCounters } from "./counters.js";
import { addressOf, type DevicePointer, type DeviceView } from "./device-memory.js";
import { type DeviceName, isHost } from "./devices.js";
import { LeanError } from "./errors.js";
import { type Basis, GivenBases } from "./given-bases.js";
import { type Layout, layOut, type PlannedWeight, stateTensors } from "./layout.js";
import { type MemoryReport, memoryReport } from "./memory.js";
import { describeNative, NativeProgram } from "./native.js";
import {
  type OptimizerOptions,
  type ParameterGroup,
  type StepSettings,
  stepSettings,
} from "./optimizer-options.js";
import { requireFinite, requireKnownOptions } from "./options.js";
import { type Arrays, ParameterNames } from "./parameter-names.js";
import { checkGroups, deviceOfParameters } from "./parameters.js";
import {
  type BuiltProgram,
  buildProgram,
  gradSlot,
  hyperOffset,
  hyperPerGroup,
  paramSlot,
} from "./program.js";
import { type ProjectionReport, readProjections } from "./projections.js";
import type { Recipe } from "./recipe.js";
import { describeRecipes, requireSameRecipes } from "./saved-recipes.js";
import { scheduleFactor } from "./schedules.js";
import type { WeightArray, WeightDType } from "./tensor.js";
import { version } from "./version.js";
import { makeWeight } from "./weight.js";

export interface StepOptions {
  /**
   * Gradients that have moved. A null one skips its parameter; one that is not named stays as it
   * was. Held, like every bound array, until another takes its place. Addresses on a device are checked
   * to be its memory, but not again while they are among the last four of their parameter: that such
   * memory was freed meanwhile is not noticed. All of them as a BigUint64Array in the order of the
   * groups, 0 for none, are the cheapest to move.
   */
  grads?: Arrays<WeightArray | DevicePointer | null> | BigUint64Array;
  /** Weights that have moved. */
  params?: Arrays<WeightArray | DevicePointer>;
  /** Bases for parameters whose projector is `given`, as {@link Optimizer.setBasis} takes them. */
  bases?: Readonly<Record<string, Basis>>;
  /** What gradients arrive multiplied by (a loss scale): they are divided by it. Default 1. */
  gradScale?: number;
  /**
   * Where schedules are, in their own unit: with samples or tokens in the place of steps, a training
   * whose batches grow keeps its schedule. Default: the number of this step, from 1.
   */
  progress?: number;
}

const stepOptionNames = ["grads", "params", "bases", "gradScale", "progress"];

/** A parameter as its optimizer knows it. */
export interface SteppedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: WeightDType;
  readonly gradDtype: WeightDType;
}

/** A group's settings that may change between steps. */
export interface GroupState {
  readonly recipe: Recipe;
  readonly names: readonly string[];
  lr: number;
  weightDecay: number;
}

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
  readonly #parameters: readonly SteppedParameter[];
  readonly #settings: StepSettings;
  readonly #layout: Layout;
  readonly #built: BuiltProgram;
  readonly #program: NativeProgram;
  readonly #hyper: Float64Array;
  readonly #names: ParameterNames;
  readonly #params: BoundArrays;
  readonly #grads: BoundArrays;
  readonly #bases: GivenBases;
  /** The caller's memory for the state, where there is any. */
  readonly #arena: Uint8Array | DeviceView | undefined;
  readonly #gradSlots: Int32Array;
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
    const { device, stream, scratchBytes } = this.#settings;
    const checked = checkGroups(groups, device);
    this.#parameters = checked.map(({ name, shape, dtype, gradDtype }) => ({
      name,
      shape,
      dtype,
      gradDtype,
    }));
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
    this.#names = new ParameterNames(checked.map(({ name }) => name));
    const ofData = checked.map(({ name, data, dtype }) => ({ name, length: data.length, dtype }));
    const ofGrads = checked.map(({ gradDtype }, i) => ({
      ...(ofData[i] as ArrayType),
      dtype: gradDtype,
    }));
    this.#params = new BoundArrays("data", device, ofData);
    this.#grads = new BoundArrays("grad", device, ofGrads);
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
      ...(scratchBytes !== undefined && { scratch: scratchBytes }),
      state: this.#arena ?? this.#layout.bytes,
    });
    this.#hyper = new Float64Array(this.#built.spec.hyper);
    this.#bases = new GivenBases(this.#program, this.#built, this.#layout, this.#names, device);
    this.#fillState();
    const indices = checked.map((_, i) => i);
    this.#gradSlots = Int32Array.from(indices, gradSlot);
    this.#bind({ indices, arrays: data }, { indices, arrays: grads });
    this.groups = groups.map(({ optimizer, params }) => ({
      recipe: optimizer,
      names: params.map(({ name }) => name),
      lr: optimizer.lr,
      weightDecay: optimizer.weightDecay,
    }));
  }

  /** What is stepped, in the order of the groups. */
  get parameters(): readonly SteppedParameter[] {
    return this.#parameters;
  }

  get device(): DeviceName {
    return this.#settings.device;
  }

  /** The stream (cudaStream_t) that the steps run on; undefined on the CPU. */
  get stream(): bigint | undefined {
    this.#requireOpen();
    return this.#program.stream;
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
   * While the caller captures the stream into a CUDA graph, the step becomes part of that graph, and
   * nothing runs yet. Every launch of the graph is then a step like any other, with the counters of
   * its moment, so that bases are refreshed when they are due. It has the addresses, learning rates,
   * decays, gradient scale and clipping norm of the capture; {@link steps}, which the host counts,
   * knows nothing of it. Launches and plain steps may alternate. The optimizer, and the memory that it
   * was bound to, must outlive the graph. What waits (reading state, {@link synchronize}, {@link poll},
   * {@link stepAsync}, {@link setBasis}) is refused with ERR_LEAN_BUSY during a capture.
   *
   * @throws LeanError ERR_LEAN_DETACHED, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE, ERR_LEAN_ALIAS,
   *   ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_DISPOSED, ERR_LEAN_BUSY; weights and state
   *   are then as before. ERR_LEAN_NATIVE where the device has failed
   */
  step(options?: StepOptions): void {
    this.#prepare(options);
    this.#program.run(0, this.#hyper);
    this.#count();
  }

  /**
   * {@link step} on a thread of the libuv pool, to its end. Until the promise settles, gradients and weights must
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
   * @throws LeanError ERR_LEAN_NATIVE where the device has failed, and once where a basis could not be
   *   computed beside the steps (`refreshDelay`), which then go on with the old one; ERR_LEAN_DISPOSED
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
   * Makes the steps to come wait for an event of the caller's (cudaEvent_t) that has been recorded,
   * as cudaStreamWaitEvent does: for gradients that another stream computes. The host does not wait.
   *
   * @throws LeanError ERR_LEAN_INVALID_ARG for what is no event, and on the CPU; ERR_LEAN_DISPOSED,
   *   ERR_LEAN_BUSY
   */
  waitEvent(event: DevicePointer): void {
    this.#program.waitEvent(this.#eventOf(event));
  }

  /**
   * Records an event of the caller's after all steps that were started, as cudaEventRecord does: for
   * another stream that reads the weights.
   *
   * @throws LeanError as {@link waitEvent}
   */
  recordEvent(event: DevicePointer): void {
    this.#program.recordEvent(this.#eventOf(event));
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
    return readCounters(
      this.#program,
      this.#layout.weights[this.#names.find(name)] as PlannedWeight,
    );
  }

  /**
   * What has come of the projections of all parameters that have one: an entry for each matrix, with
   * counts, the present gap, and with `projectionReports` what the latest refresh captured.
   */
  projections(): ProjectionReport[] {
    this.#requireOpen();
    return this.#layout.weights.flatMap((planned, index) =>
      readProjections(
        this.#program,
        planned,
        planned.momentum.refresh ? readCounters(this.#program, planned) : [],
        this.#built.reports.get(index) ?? [],
      ),
    );
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
    this.#bases.adopt(this.#bases.check({ [name]: basis }));
  }

  /** A copy of the state. */
  stateDict(): StateDict {
    this.#requireOpen();
    const recipes = describeRecipes(this.groups);
    return readStateDict(this.#program, this.#layout, this.#steps, recipes);
  }

  /**
   * Replaces the state by a copy of `dict`. A run goes on from there bit for bit on the same kind of
   * processor, under the same recipes; learning rates and weight decay may differ. Where `dict`
   * says which recipes it is of (see {@link StateDict}), others refuse it.
   *
   * @throws LeanError ERR_LEAN_CHECKPOINT; the state is then as before
   */
  loadStateDict(dict: StateDict): void {
    this.#requireOpen();
    const recipes = recipesOf(dict);
    if (recipes !== undefined) requireSameRecipes(recipes, this.groups);
    this.#steps = writeStateDict(this.#program, this.#layout, dict);
    this.#bases.recount();
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
    this.#bases.recount();
    const kind = this.#kind();
    if (metadata.kind !== kind) {
      process.emitWarning(
        `${path} was written on ${metadata.kind} and goes on on ${kind}: not bit for bit`,
        "LeanOptimWarning",
      );
    }
  }

  /**
   * Frees the state. What needs it throws ERR_LEAN_DISPOSED from then on; graphs that captured steps
   * must not be launched any more.
   */
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

  #eventOf(event: DevicePointer): bigint {
    this.#requireOpen();
    const { device } = this.#settings;
    if (!isHost(device)) return addressOf(event, "event");
    throw new LeanError("ERR_LEAN_INVALID_ARG", `${device} has no events`, {
      parameter: "event",
      value: event,
    });
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
    if (!this.#bases.areThere) this.#bases.requireFor(this.#grads.arrays);
    this.#fillHyper(1);
  }

  #prepareWith(options: StepOptions): void {
    requireKnownOptions("step", options, stepOptionNames);
    const { gradScale = 1, progress } = options;
    requireFinite("gradScale", gradScale, Number.MIN_VALUE);
    if (progress !== undefined) requireFinite("progress", progress, 0);
    this.#fillHyper(gradScale, progress);
    if (this.#moveByAddress(options)) return;
    const params = this.#params.moves(this.#names.numbered("params", options.params));
    const grads = this.#grads.moves(this.#names.numbered("grads", listOf(options.grads)));
    this.#params.requireIntact(params.after);
    this.#grads.requireIntact(grads.after);
    const bases = this.#bases.check(options.bases ?? {});
    this.#bases.requireFor(grads.after, bases);
    const isMoving = params.indices.length > 0;
    const owned = isMoving ? this.#claimAll(params.after as BoundArray[]) : this.#owned;
    this.#requireFree(grads.after, owned, isMoving ? grads.after.keys() : grads.indices);
    this.#bind(params, grads);
    this.#owned = owned;
    this.#bases.adopt(bases);
  }

  /**
   * Where nothing but gradients moves, and by addresses alone that were all found good before, there is
   * nothing to check. False otherwise, and nothing has happened.
   */
  #moveByAddress({ grads, params, bases }: StepOptions): boolean {
    const isAlone = params === undefined && bases === undefined && this.#bases.areThere;
    const addresses = isAlone ? this.#grads.addressesOf(grads) : undefined;
    if (addresses === undefined) return false;
    this.#params.requireIntact();
    if (!this.#program.bindKnown(this.#gradSlots, addresses)) return false;
    this.#grads.takeAddresses(addresses);
    return true;
  }

  #fillHyper(gradScale: number, progress = this.#steps + 1): void {
    const hyper = this.#hyper;
    hyper[hyperOffset.gradScale] = gradScale;
    hyper[hyperOffset.maxGradNorm] = this.#settings.maxGradNorm ?? 0;
    for (let i = 0; i < this.groups.length; i++) {
      const group = this.groups[i] as GroupState;
      const { lr, weightDecay } = group;
      if (!isRate(lr)) requireFinite(`groups[${i}].lr`, lr, 0);
      if (!isRate(weightDecay)) requireFinite(`groups[${i}].weightDecay`, weightDecay, 0);
      const { schedule } = group.recipe;
      const factor = schedule === undefined ? 1 : scheduleFactor(schedule, progress);
      hyper[hyperOffset.groups + hyperPerGroup * i] = lr * factor;
      hyper[hyperOffset.groups + hyperPerGroup * i + 1] = weightDecay;
    }
  }

  /** Initial values that are not zero. */
  #fillState(): void {
    for (const { fill, offset, bytes } of stateTensors(this.#layout)) {
      if (fill === 0) continue;
      this.#program.writeState(offset, new Float32Array(bytes / 4).fill(fill));
    }
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

  /** All or, where the device refuses one, none. */
  #bind(params: ArraysOf, grads: ArraysOf): void {
    const count = params.indices.length;
    if (count + grads.indices.length === 0) return;
    this.#program.bind(
      [
        ...params.indices.map((index) => paramSlot(index, this.#parameters.length)),
        ...grads.indices.map(gradSlot),
      ],
      [...params.arrays, ...grads.arrays],
      (i) =>
        i < count
          ? this.#params.label(params.indices[i] as number)
          : this.#grads.label(grads.indices[i - count] as number),
    );
    // Of gradients that are known it is also known that they share no memory with a weight.
    if (count > 0 && !isHost(this.device)) this.#program.forgetKnown();
    this.#params.take(params);
    this.#grads.take(grads);
  }
}

/** Addresses as arrays are listed. */
function listOf<T>(
  grads: Arrays<T> | BigUint64Array | undefined,
): Arrays<T | bigint | null> | undefined {
  if (!(grads instanceof BigUint64Array)) return grads;
  return Array.from(grads, (address) => (address === 0n ? null : address));
}

/** What `requireFinite` accepts, asked without making the option's name first. */
function isRate(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}
