import { BoundArrays, OwnedRanges } from "./bound-arrays.js";
import {
  checkpointFormat,
  loadCheckpoint,
  readStateDict,
  type StateDict,
  saveCheckpoint,
  writeStateDict,
} from "./checkpoint.js";
import { LeanError } from "./errors.js";
import { type Layout, layOut, stateTensors } from "./layout.js";
import { type MemoryReport, memoryReport } from "./memory.js";
import { counterNames, describeNative, NativeProgram, scalarNames } from "./native.js";
import { nearest } from "./nearest.js";
import {
  type OptimizerOptions,
  type Parameter,
  type ParameterGroup,
  type StepSettings,
  stepSettings,
} from "./optimizer-options.js";
import { requireFinite, requireKnownOptions } from "./options.js";
import {
  type BuiltProgram,
  buildProgram,
  gradSlot,
  hyperOffset,
  hyperPerGroup,
  paramSlot,
} from "./program.js";
import type { Recipe } from "./recipe.js";
import { scheduleFactor } from "./schedules.js";
import { numel, type WeightArray, type WeightDType, weightDType } from "./tensor.js";
import { version } from "./version.js";
import { makeWeight } from "./weight.js";

/** Arrays by parameter name, or by number in the order of the groups. */
export type Arrays<T> = Readonly<Record<string, T>> | readonly T[];

export interface StepOptions {
  /**
   * Gradients that have moved. A null one skips its parameter; one that is not named stays as it
   * was. Held, like every bound array, until another takes its place.
   */
  grads?: Arrays<WeightArray | null>;
  /** Weights that have moved. */
  params?: Arrays<WeightArray>;
  /** Bases for parameters whose projector is `given`, as {@link Optimizer.setBasis} takes them. */
  bases?: Readonly<Record<string, Float32Array | Int32Array>>;
  /** What gradients arrive multiplied by (a loss scale): they are divided by it. Default 1. */
  gradScale?: number;
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
  readonly #gradDtypes: readonly WeightDType[];
  readonly #params: BoundArrays;
  readonly #grads: BoundArrays;
  readonly #hasBasis = new Set<number>();
  readonly #result = new Float64Array(3);
  #owned: OwnedRanges;
  #steps = 0;
  #running = false;
  #disposed = false;

  /**
   * @throws LeanError ERR_LEAN_DTYPE, ERR_LEAN_SHAPE, ERR_LEAN_ALIAS, ERR_LEAN_INVALID_ARG,
   *   ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_OUT_OF_MEMORY, ERR_LEAN_NO_BINARY
   */
  constructor(groups: readonly ParameterGroup[], options: OptimizerOptions = {}) {
    const checked = checkGroups(groups);
    this.#settings = stepSettings(options, groups.length);
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
    this.#gradDtypes = checked.map(({ gradDtype }) => gradDtype);
    this.#params = new BoundArrays("data", names, lengths);
    this.#grads = new BoundArrays("grad", names, lengths);
    this.#owned = new OwnedRanges();
    checked.forEach(({ data }, i) => {
      this.#owned.claim(data, this.#params.label(i));
    });
    checked.forEach(({ grad }, i) => {
      if (grad !== null) this.#owned.requireFree(grad, this.#grads.label(i));
    });
    checkArena(options.state, this.#layout.bytes, this.#owned);

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
      device: this.#settings.device,
      state: options.state ?? this.#layout.bytes,
    });
    this.#hyper = new Float64Array(this.#built.spec.hyper);
    this.#program.bind([this.#built.alwaysSlot], [alwaysOn]);
    this.#fillState();
    const all = checked.map((_, i) => i);
    this.#bind(
      this.#params,
      all,
      checked.map(({ data }) => data),
      paramSlot,
    );
    this.#bind(
      this.#grads,
      all,
      checked.map(({ grad }) => grad),
      gradSlot,
    );
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

  /** The state's bytes by kind. */
  memory(): MemoryReport {
    return memoryReport(this.#layout);
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @throws LeanError ERR_LEAN_DETACHED, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE, ERR_LEAN_ALIAS,
   *   ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_DISPOSED, ERR_LEAN_BUSY; weights and state are then as before
   */
  step(options?: StepOptions): void {
    this.#prepare(options);
    this.#program.run(0, this.#hyper);
    this.#steps += 1;
  }

  /**
   * {@link step} on a thread of the libuv pool. Until the promise settles, gradients and weights must
   * not change and no other method may be called.
   */
  async stepAsync(options?: StepOptions): Promise<void> {
    this.#prepare(options);
    this.#running = true;
    try {
      await this.#program.runAsync(0, this.#hyper, this);
      this.#steps += 1;
    } finally {
      this.#running = false;
    }
  }

  /**
   * The 2-norm of all gradients at the last step, after `gradScale`, before clipping; undefined
   * unless the step reads all gradients first (maxGradNorm or skipNonFinite).
   */
  get gradNorm(): number | undefined {
    this.#requireOpen();
    const { resultOffset } = this.#built;
    if (resultOffset === undefined || this.#steps === 0) return undefined;
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
   * orthonormal columns (k the length of the projected side), or rank ascending line numbers; for a
   * batched weight one after another. The momentum follows the recipe's `onRefresh`.
   *
   * @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_UNSUPPORTED, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE,
   *   ERR_LEAN_INVALID_ARG (not orthonormal, not ascending); the old basis then stays
   */
  setBasis(name: string, basis: Float32Array | Int32Array): void {
    this.#requireOpen();
    const index = this.#find(name);
    const given = this.#built.given.get(index);
    if (given === undefined) {
      throw new LeanError("ERR_LEAN_UNSUPPORTED", `${name}: its projector is not "given"`, {
        parameter: name,
      });
    }
    const expected = given.dtype === "int32" ? "Int32Array" : "Float32Array";
    if (Object.prototype.toString.call(basis) !== `[object ${expected}]`) {
      throw new LeanError("ERR_LEAN_DTYPE", `${name}: its basis must be a ${expected}`, {
        parameter: name,
        value: basis,
      });
    }
    if (basis.length !== numel(given.shape)) {
      throw new LeanError(
        "ERR_LEAN_SHAPE",
        `${name}: its basis must be [${given.shape.join(", ")}], not ${basis.length} elements`,
        { parameter: name, value: basis.length },
      );
    }
    const refused = () => this.counters(name).reduce((sum, { refused }) => sum + refused, 0);
    const before = refused();
    this.#program.bind([given.slot], [basis]);
    try {
      this.#program.run(given.sequence, this.#hyper);
    } finally {
      this.#program.bind([given.slot], [null]);
    }
    if (refused() > before) {
      const what = given.dtype === "int32" ? "distinct, ascending lines" : "orthonormal columns";
      throw new LeanError("ERR_LEAN_INVALID_ARG", `${name}: its basis must have ${what}`, {
        parameter: name,
      });
    }
    this.#hasBasis.add(index);
  }

  /** A copy of the state. */
  stateDict(): StateDict {
    this.#requireOpen();
    return readStateDict(this.#program, this.#layout, this.#steps);
  }

  /**
   * Replaces the state by a copy of `dict`. A run goes on from there bit for bit on the same kind of
   * processor.
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
      recipes: JSON.stringify(this.groups.map(({ recipe }) => recipe.config)),
    });
  }

  /**
   * Reads what {@link save} wrote.
   *
   * @throws LeanError ERR_LEAN_CHECKPOINT, ERR_LEAN_IO; the state is then as before
   */
  load(path: string): void {
    this.#requireOpen();
    const { dict, metadata } = loadCheckpoint(path);
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

  /** Frees the state. Every other method throws ERR_LEAN_DISPOSED from then on. */
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

  #kind(): string {
    const { devices } = describeNative();
    return devices.find(({ name }) => name === this.#settings.device)?.kind ?? "unknown";
  }

  #requireIdle(): void {
    if (!this.#running) return;
    throw new LeanError("ERR_LEAN_BUSY", "a step is still running: await stepAsync() first");
  }

  #requireOpen(): void {
    if (this.#disposed) throw new LeanError("ERR_LEAN_DISPOSED", "the optimizer was disposed");
    this.#requireIdle();
  }

  /** Everything of a step that can fail, before anything is changed. */
  #prepare(options: StepOptions | undefined): void {
    this.#requireOpen();
    let gradScale = 1;
    if (options !== undefined) {
      requireKnownOptions("step", options, ["grads", "params", "bases", "gradScale"]);
      if (options.gradScale !== undefined) {
        requireFinite("gradScale", options.gradScale, Number.MIN_VALUE);
        gradScale = options.gradScale;
      }
      this.#rebind(options);
    }
    this.#params.requireIntact();
    this.#grads.requireIntact();
    if (options?.bases !== undefined) {
      for (const [name, basis] of Object.entries(options.bases)) this.setBasis(name, basis);
    }
    this.#requireBases();
    this.#fillHyper(gradScale);
  }

  #fillHyper(gradScale: number): void {
    const hyper = this.#hyper;
    hyper[hyperOffset.gradScale] = gradScale;
    hyper[hyperOffset.maxGradNorm] = this.#settings.maxGradNorm ?? 0;
    for (let i = 0; i < this.groups.length; i++) {
      const group = this.groups[i] as GroupState;
      const { lr, weightDecay } = group;
      if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY)) requireFinite(`groups[${i}].lr`, lr, 0);
      if (!(weightDecay >= 0 && weightDecay < Number.POSITIVE_INFINITY)) {
        requireFinite(`groups[${i}].weightDecay`, weightDecay, 0);
      }
      const { schedule } = group.recipe;
      const factor = schedule === undefined ? 1 : scheduleFactor(schedule, this.#steps + 1);
      hyper[hyperOffset.groups + hyperPerGroup * i] = lr * factor;
      hyper[hyperOffset.groups + hyperPerGroup * i + 1] = weightDecay;
    }
  }

  #requireBases(): void {
    if (this.#hasBasis.size === this.#built.given.size) return;
    for (const index of this.#built.given.keys()) {
      if (this.#hasBasis.has(index) || this.#grads.arrays[index] === null) continue;
      const name = this.#layout.weights[index]?.weight.name as string;
      throw new LeanError("ERR_LEAN_INVALID_ARG", `${name} has no basis yet: call setBasis`, {
        parameter: name,
      });
    }
  }

  #noteBases(): void {
    this.#hasBasis.clear();
    for (const index of this.#built.given.keys()) {
      const name = this.#layout.weights[index]?.weight.name as string;
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

  /** Parameter numbers and arrays of what a step was handed, without those that did not move. */
  #moved<T extends WeightArray | null>(
    given: Arrays<T> | undefined,
    bound: BoundArrays,
  ): { indices: number[]; arrays: T[] } {
    const indices: number[] = [];
    const arrays: T[] = [];
    const add = (index: number, array: T) => {
      if (array === bound.arrays[index]) return;
      indices.push(index);
      arrays.push(array);
    };
    if (given === undefined) return { indices, arrays };
    if (!Array.isArray(given)) {
      for (const [name, array] of Object.entries(given)) add(this.#find(name), array as T);
    } else if (given.length === bound.arrays.length) {
      given.forEach((array, index) => {
        add(index, array as T);
      });
    } else {
      throw new LeanError(
        "ERR_LEAN_SHAPE",
        `there are ${bound.arrays.length} parameters, not ${given.length}`,
        { value: given.length },
      );
    }
    return { indices, arrays };
  }

  #rebind({ grads, params }: StepOptions): void {
    const movedGrads = this.#moved(grads, this.#grads);
    const movedParams = this.#moved(params, this.#params);
    const dtypes = this.#layout.weights.map(({ weight }) => weight.dtype);
    const owned =
      movedParams.indices.length === 0
        ? this.#owned
        : this.#claimAfter(movedParams.indices, movedParams.arrays, dtypes);
    movedGrads.indices.forEach((index, i) => {
      const array = movedGrads.arrays[i];
      if (array === null || array === undefined) return;
      weightDType(array, this.#gradDtypes[index], this.#grads.label(index));
      this.#grads.requireLength(array, index);
      owned.requireFree(array, this.#grads.label(index));
    });
    this.#owned = owned;
    this.#bind(this.#params, movedParams.indices, movedParams.arrays, paramSlot);
    this.#bind(
      this.#grads,
      movedGrads.indices,
      movedGrads.arrays.map((a) => a ?? null),
      gradSlot,
    );
  }

  /** The ranges that parameters own once some of them have moved. */
  #claimAfter(
    indices: readonly number[],
    arrays: readonly WeightArray[],
    dtypes: readonly WeightDType[],
  ): OwnedRanges {
    const all = [...this.#params.arrays];
    indices.forEach((index, i) => {
      const array = arrays[i] as WeightArray;
      weightDType(array, dtypes[index], this.#params.label(index));
      this.#params.requireLength(array, index);
      all[index] = array;
    });
    const owned = new OwnedRanges();
    all.forEach((array, index) => {
      if (array !== null) owned.claim(array, this.#params.label(index));
    });
    return owned;
  }

  #bind(
    bound: BoundArrays,
    indices: readonly number[],
    arrays: readonly (WeightArray | null)[],
    slot: (index: number) => number,
  ): void {
    if (indices.length === 0) return;
    this.#program.bind(indices.map(slot), arrays);
    indices.forEach((index, i) => {
      bound.arrays[index] = arrays[i] ?? null;
    });
  }
}

/** StepScalars that switch a kernel on. */
const alwaysOn = Float32Array.from(scalarNames, (name) =>
  name === "active" || name === "refresh" ? 1 : 0,
);

interface CheckedParameter {
  readonly name: string;
  readonly data: WeightArray;
  readonly shape: readonly number[];
  readonly dtype: WeightDType;
  readonly batched: boolean;
  readonly grad: WeightArray | null;
  readonly gradDtype: WeightDType;
  readonly group: number;
  readonly recipe: Recipe;
}

const parameterOptions = ["name", "data", "shape", "dtype", "grad", "gradDtype", "batched"];

function checkGroups(groups: readonly ParameterGroup[]): CheckedParameter[] {
  if (!Array.isArray(groups) || groups.length === 0) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", "an Optimizer needs at least one group", {
      parameter: "groups",
      value: groups,
    });
  }
  const names = new Set<string>();
  return groups.flatMap((group, number) => {
    requireKnownOptions(`groups[${number}]`, group, ["params", "optimizer"]);
    const recipe = group.optimizer;
    if (typeof recipe?.momentum?.plan !== "function") {
      throw new LeanError(
        "ERR_LEAN_INVALID_ARG",
        `groups[${number}].optimizer must be a recipe, such as adamw({ lr: 1e-3 })`,
        { parameter: `groups[${number}].optimizer`, value: recipe },
      );
    }
    if (!Array.isArray(group.params)) {
      throw new LeanError("ERR_LEAN_INVALID_ARG", `groups[${number}].params must be an array`, {
        parameter: `groups[${number}].params`,
        value: group.params,
      });
    }
    return group.params.map((parameter: Parameter) => {
      const checked = checkParameter(parameter, number);
      if (names.has(checked.name)) {
        throw new LeanError("ERR_LEAN_INVALID_ARG", `two parameters are called ${checked.name}`, {
          parameter: checked.name,
        });
      }
      names.add(checked.name);
      return { ...checked, group: number, recipe };
    });
  });
}

function checkParameter(
  parameter: Parameter,
  group: number,
): Omit<CheckedParameter, "group" | "recipe"> {
  const { name, data, batched = false, grad = null } = parameter;
  if (typeof name !== "string" || name === "") {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `a parameter of groups[${group}] has no name`, {
      parameter: "name",
      value: name,
    });
  }
  requireKnownOptions(name, parameter, parameterOptions);
  const dtype = weightDType(data, parameter.dtype, `${name}.data`);
  const shape = parameter.shape ?? [data.length];
  if (numel(shape) !== data.length) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}: shape [${shape.join(", ")}] has ${numel(shape)} elements, data ${data.length}`,
      { parameter: name, value: shape },
    );
  }
  const gradDtype =
    grad === null
      ? (parameter.gradDtype ?? dtype)
      : weightDType(grad, parameter.gradDtype ?? impliedBy(grad, dtype), `${name}.grad`);
  if (gradDtype !== dtype && gradDtype !== "float32") {
    throw new LeanError(
      "ERR_LEAN_DTYPE",
      `${name}: its gradient must be ${dtype} or float32, not ${gradDtype}`,
      { parameter: name, value: gradDtype },
    );
  }
  if (grad !== null && grad.length !== data.length) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}.grad must have ${data.length} elements, not ${grad.length}`,
      { parameter: name, value: grad.length },
    );
  }
  return { name, data, shape: [...shape], dtype, batched, grad, gradDtype };
}

/** A Uint16Array of gradients has its weight's type; any other array says what it is. */
function impliedBy(grad: WeightArray, dtype: WeightDType): WeightDType | undefined {
  return Object.prototype.toString.call(grad) === "[object Uint16Array]" ? dtype : undefined;
}

function checkArena(state: OptimizerOptions["state"], bytes: number, owned: OwnedRanges): void {
  if (state === undefined) return;
  const view = ArrayBuffer.isView(state)
    ? new Uint16Array(state.buffer, state.byteOffset, Math.floor(state.byteLength / 2))
    : new Uint16Array(state as ArrayBuffer, 0, Math.floor(state.byteLength / 2));
  if (state.byteLength !== bytes) {
    throw new LeanError("ERR_LEAN_SHAPE", `state must be ${bytes} bytes, not ${state.byteLength}`, {
      parameter: "state",
      value: state.byteLength,
    });
  }
  if (view.byteOffset % 8 !== 0) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", "state must start at a multiple of 8 bytes", {
      parameter: "state",
      value: view.byteOffset,
    });
  }
  owned.claim(view, "state");
}
