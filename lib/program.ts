/**
 * From a layout to native calls: the step's skeleton (docs/architecture.md) bound to fixed buffers.
 * Sequence 0 is the step; every parameter whose basis the caller gives has one more.
 */
import { LeanError } from "./errors.js";
import type { PlannedWeight } from "./layout.js";
import {
  type Call,
  type FieldValue,
  type Item,
  type KernelName,
  type ProgramSpec,
  scalarNames,
  type TensorSpec,
} from "./native.js";
import type { Precision, StepSettings } from "./optimizer-options.js";
import type { RefreshPlan, StepKernel } from "./parts/part.js";
import { reportLength } from "./projections.js";
import { bytesPerElement, type DType, numel, type WeightDType } from "./tensor.js";
import { part, pieceCount, Workspace } from "./workspace.js";

/** Numbers sent along with every run: two for the whole step, then lr and decay of each group. */
export const hyperOffset = { gradScale: 0, maxGradNorm: 1, groups: 2 } as const;
export const hyperPerGroup = 2;

/**
 * The step's stages. A kernel runs over all its parameters before the next one starts. The stats come
 * first because the prologue's counters depend on whether the step is skipped.
 */
const stepOrder: readonly KernelName[] = [
  "gradientStats",
  "gradientNorm",
  "prologue",
  "powerIteration",
  "svdBasis",
  "randomizedSvd",
  "gaussianBasis",
  "srhtBasis",
  "topKLines",
  "uniformLines",
  "scalars",
  "subsetMoment",
  "denseStep",
  "subspaceStep",
  "lineStep",
  "lowRankStep",
  "orthogonalStep",
  "ldadamStep",
];

/** Steps whose second moments are the weight's own, of any partition. */
const sharedMoments: ReadonlySet<StepKernel> = new Set(["denseStep", "subspaceStep", "lineStep"]);

/** Steps with matrix products. */
const products: ReadonlySet<StepKernel> = new Set([
  "subspaceStep",
  "lowRankStep",
  "orthogonalStep",
  "ldadamStep",
]);

/** Refreshes of bases, which may have schedules and reports (csrc/kernels/basis.h). */
const bases: ReadonlySet<KernelName> = new Set([
  "powerIteration",
  "svdBasis",
  "randomizedSvd",
  "gaussianBasis",
  "srhtBasis",
]);

export interface BoundWeight extends PlannedWeight {
  readonly gradDtype: WeightDType;
  /** Number of the weight's group, which keys its hyper-parameters. */
  readonly group: number;
}

/** Where a caller's basis goes: the sequence that adopts it and the slot it is bound to. */
export interface GivenBasis {
  readonly sequence: number;
  readonly slot: number;
  readonly dtype: "float32" | "int32";
  /** With a leading batch dimension where the weight is batched. */
  readonly shape: readonly number[];
}

export interface BuiltProgram {
  readonly spec: Omit<ProgramSpec, "device" | "state">;
  /** By parameter number. */
  readonly given: ReadonlyMap<number, GivenBasis>;
  /** Slot of a constant StepScalars that switches on what `setBasis` runs. */
  readonly alwaysSlot: number;
  /** Byte offset of {norm, nonFinite, clip} in the workspace, where all gradients are read first. */
  readonly resultOffset: number | undefined;
  /** By parameter number: byte offsets of its matrices' reports in the workspace. */
  readonly reports: ReadonlyMap<number, readonly number[]>;
}

/** Gradients come first, so that those which move are one run of addresses. */
export const gradSlot = (index: number): number => index;
/** Of `count` parameters. */
export const paramSlot = (index: number, count: number): number => count + index;

export function buildProgram(
  weights: readonly BoundWeight[],
  settings: StepSettings,
): BuiltProgram {
  const builder = new ProgramBuilder(weights, settings);
  weights.forEach((weight, index) => {
    for (let matrix = 0; matrix < weight.weight.batch; matrix++) {
      builder.addMatrix(weight, index, matrix);
    }
  });
  return builder.finish();
}

/** The tensors of one matrix of a weight. */
interface MatrixTensors {
  readonly param: TensorSpec;
  readonly grad: TensorSpec;
  readonly scalars: TensorSpec;
  readonly counters: TensorSpec;
  readonly partials: TensorSpec;
  readonly nonFinite: TensorSpec;
  /** Keys the matrix's random numbers. */
  readonly stream: number;
  state(key: string): TensorSpec;
}

class ProgramBuilder {
  readonly #settings: StepSettings;
  readonly #workspace = new Workspace();
  readonly #step = new Sequence();
  readonly #adopting: Sequence[] = [];
  readonly #given = new Map<number, GivenBasis>();
  readonly #reports = new Map<number, number[]>();
  readonly #projected: readonly BoundWeight[];
  readonly #hyper: TensorSpec = { place: "hyper", offset: 0, dtype: "float64", shape: [2] };
  readonly #partials: TensorSpec;
  readonly #nonFinite: TensorSpec;
  /** {norm, nonFinite, clip}, where the step reads all gradients first. */
  readonly #result: TensorSpec | undefined;
  readonly #count: number;
  readonly #alwaysSlot: number;
  #slots: number;
  #pieces = 0;

  constructor(weights: readonly BoundWeight[], settings: StepSettings) {
    this.#settings = settings;
    this.#count = weights.length;
    this.#slots = 2 * this.#count;
    this.#alwaysSlot = this.#slots++;
    this.#projected = weights.filter(({ momentum }) => (momentum.refresh?.updateProjGap ?? 0) > 0);
    // The pieces of all gradients are one run, so that their norm is one sum.
    const pieces = weights.reduce((sum, w) => sum + w.weight.batch * piecesOf(w), 0);
    this.#partials = this.#workspace.take("float64", [pieces]);
    this.#nonFinite = this.#workspace.take("int32", [pieces]);
    if (settings.maxGradNorm !== undefined || settings.skipNonFinite) {
      this.#result = this.#workspace.take("float64", [3]);
      this.#step.add("gradientNorm", {
        partials: this.#partials,
        nonFinite: this.#nonFinite,
        hyper: this.#hyper,
        result: this.#result,
      });
    }
  }

  addMatrix(bound: BoundWeight, index: number, matrix: number): void {
    const tensors = this.#tensors(bound, index, matrix);
    this.#addScalars(bound, tensors);
    this.#addStep(bound, tensors);
    const { refresh, besides } = bound.momentum;
    for (const each of [refresh, besides]) {
      if (each === undefined) continue;
      if (each.source !== undefined) this.#addAdoption(bound, index, matrix, tensors);
      else {
        this.#step.add(each.kernel, {
          ...this.#refresh(each, tensors),
          ...this.#scheduled(each, index, tensors),
          ...(each === refresh && this.#reported(each, index)),
        });
      }
    }
  }

  finish(): BuiltProgram {
    return {
      spec: {
        slots: this.#slots,
        workspace: this.#workspace.bytes,
        hyper: hyperOffset.groups + hyperPerGroup * this.#settings.groups,
        sequences: [this.#step, ...this.#adopting].map((sequence) => sequence.calls()),
      },
      given: this.#given,
      alwaysSlot: this.#alwaysSlot,
      resultOffset: this.#result?.offset,
      reports: this.#reports,
    };
  }

  #tensors(bound: BoundWeight, index: number, matrix: number): MatrixTensors {
    const { weight, state } = bound;
    const shape = [weight.rows, weight.cols];
    const external = (slot: number, dtype: DType): TensorSpec =>
      slice({ place: "external", slot, dtype, shape }, matrix, shape);
    const pieces = piecesOf(bound);
    const first = this.#pieces;
    this.#pieces += pieces;
    const stateOf = (key: string): TensorSpec => {
      const tensor = state.get(key);
      if (tensor === undefined) {
        throw new LeanError("ERR_LEAN_NATIVE", `${weight.name} has no state ${key}`);
      }
      const own = weight.batch === 1 ? tensor.shape : tensor.shape.slice(1);
      return slice(
        { place: "state", offset: tensor.offset, dtype: tensor.dtype, shape: own },
        matrix,
        own,
      );
    };
    return {
      param: external(paramSlot(index, this.#count), weight.dtype),
      grad: external(gradSlot(index), bound.gradDtype),
      scalars: this.#workspace.take("float32", [scalarNames.length]),
      counters: stateOf("counters"),
      partials: part(this.#partials, first, pieces),
      nonFinite: part(this.#nonFinite, first, pieces),
      stream: weight.index * 2 ** 20 + matrix,
      state: stateOf,
    };
  }

  #addScalars(
    { recipe, momentum, secondMoment, group, ...bound }: BoundWeight,
    tensors: MatrixTensors,
  ) {
    const { counters, scalars } = tensors;
    const { refresh } = momentum;
    this.#step.add("prologue", {
      grad: tensors.grad,
      counters,
      scalars,
      result: this.#result,
      skipNonFinite: this.#settings.skipNonFinite,
      updateProjGap: refresh?.updateProjGap ?? 0,
      offset: this.#refreshOffset(refresh, bound.weight.index),
      ...(refresh?.drift && { schedule: tensors.state("schedule") }),
    });
    this.#step.add("scalars", {
      counters,
      scalars,
      result: this.#result,
      group: {
        place: "hyper",
        offset: bytesPerElement.float64 * (hyperOffset.groups + hyperPerGroup * group),
        dtype: "float64",
        shape: [hyperPerGroup],
      },
      hyper: this.#hyper,
      ...momentum.scalars,
      ...secondMoment.scalars,
      bias: recipe.bias,
      decay: recipe.decay,
      lrDecay: recipe.lrDecay,
    });
  }

  #addStep({ weight, recipe, momentum, secondMoment }: BoundWeight, tensors: MatrixTensors): void {
    const { partition, block, mean } = secondMoment;
    const { scalars, counters, stream, param, grad } = tensors;
    const expAvgSq = partition === "none" ? undefined : tensors.state("exp_avg_sq");
    // Sums are taken beforehand where all gradients are read anyway, and where a tile of the step
    // does not hold whole subsets.
    const hasSubsets = partition !== "none" && partition !== "elementwise";
    const momentGiven = hasSubsets && (this.#result !== undefined || !momentum.sumsFit(partition));
    const whole = partition === "whole";
    const sums =
      momentGiven && !whole && expAvgSq !== undefined
        ? this.#workspace.take("float32", [numel(expAvgSq.shape)])
        : undefined;
    if (momentGiven || this.#result !== undefined) {
      this.#step.add("gradientStats", {
        grad,
        sums,
        partials: tensors.partials,
        nonFinite: tensors.nonFinite,
        partition: sums === undefined ? "none" : partition,
        block,
      });
    }
    if (momentGiven) {
      const { rows, cols } = weight;
      const partials = whole ? tensors.partials : undefined;
      this.#step.add("subsetMoment", {
        sums,
        partials,
        expAvgSq,
        scalars,
        partition,
        block,
        rows,
        cols,
        mean,
      });
    }
    this.#step.add(momentum.step, {
      param,
      grad,
      scalars,
      counters,
      ...(sharedMoments.has(momentum.step) && { expAvgSq, partition, block, momentGiven, mean }),
      rounding: recipe.rounding,
      ...(products.has(momentum.step) && { precision: this.#precision(grad) }),
      seed: this.#settings.seed,
      stream,
      ...momentum.constants,
      ...named(momentum.tensors, tensors),
    });
  }

  #precision(grad: TensorSpec): Precision {
    return this.#settings.precision ?? (grad.dtype === "float32" ? "highest" : "medium");
  }

  #refresh(refresh: RefreshPlan, tensors: MatrixTensors): Item {
    return {
      grad: tensors.grad,
      counters: tensors.counters,
      scalars: tensors.scalars,
      seed: this.#settings.seed,
      stream: tensors.stream,
      ...refresh.constants,
      ...named(refresh.tensors, tensors),
    };
  }

  /** A gap that follows the drift of the subspace. */
  #scheduled(refresh: RefreshPlan, index: number, tensors: MatrixTensors): Item {
    const { drift } = refresh;
    if (drift === undefined) return {};
    const offset = this.#refreshOffset(refresh, index);
    return { ...drift, offset, schedule: tensors.state("schedule") };
  }

  /** Where a refresh says what it captured. */
  #reported({ kernel }: RefreshPlan, index: number): Item {
    if (!this.#settings.projectionReports || !bases.has(kernel)) return {};
    const report = this.#workspace.take("float64", [reportLength]);
    this.#reports.set(index, [...(this.#reports.get(index) ?? []), report.offset]);
    return { report };
  }

  /** What `setBasis` runs: the basis's kernel, switched on and reading the caller's source. */
  #addAdoption(bound: BoundWeight, index: number, matrix: number, tensors: MatrixTensors): void {
    const { refresh } = bound.momentum;
    if (refresh?.source === undefined) return;
    const { dtype, shape } = refresh.source;
    let basis = this.#given.get(index);
    if (basis === undefined) {
      const { batch } = bound.weight;
      basis = {
        sequence: this.#adopting.push(new Sequence()),
        slot: this.#slots++,
        dtype,
        shape: batch === 1 ? shape : [batch, ...shape],
      };
      this.#given.set(index, basis);
    }
    const source: TensorSpec = { place: "external", slot: basis.slot, dtype, shape };
    this.#adopting[basis.sequence - 1]?.add(refresh.kernel, {
      ...this.#refresh(refresh, tensors),
      scalars: {
        place: "external",
        slot: this.#alwaysSlot,
        dtype: "float32",
        shape: [scalarNames.length],
      },
      source: slice(source, matrix, shape),
    });
  }

  /** ⌊i·gap/N⌋ for the i-th of N projected parameters, or the given shift. */
  #refreshOffset(refresh: RefreshPlan | undefined, index: number): number {
    if (refresh === undefined || refresh.updateProjGap === 0) return 0;
    if (refresh.offset !== "staggered") return refresh.offset;
    const i = this.#projected.findIndex(({ weight }) => weight.index === index);
    return Math.floor((i * refresh.updateProjGap) / this.#projected.length);
  }
}

/** Items of calls, one call for each kernel. */
class Sequence {
  readonly #items = new Map<KernelName, Item[]>();

  add(kernel: KernelName, item: Item): void {
    const items = this.#items.get(kernel);
    if (items === undefined) this.#items.set(kernel, [item]);
    else items.push(item);
  }

  /** In the order of the step's stages; kernels that are no stage come as they were added. */
  calls(): Call[] {
    const stage = (kernel: KernelName) => stepOrder.indexOf(kernel);
    return [...this.#items]
      .sort(([a], [b]) => stage(a) - stage(b))
      .map(([kernel, items]) => ({ kernel, items }));
  }
}

function piecesOf({ weight }: BoundWeight): number {
  return pieceCount(weight.rows * weight.cols);
}

/** The part of a tensor that belongs to one matrix of a batch; `shape` is one matrix's. */
function slice(tensor: TensorSpec, matrix: number, shape: readonly number[]): TensorSpec {
  const bytes = numel(shape) * bytesPerElement[tensor.dtype];
  return { ...tensor, offset: (tensor.offset ?? 0) + matrix * bytes, shape };
}

/** Item fields from the state tensors that a plan names. */
function named(
  tensors: Readonly<Record<string, string>> | undefined,
  matrix: MatrixTensors,
): Record<string, FieldValue> {
  return Object.fromEntries(
    Object.entries(tensors ?? {}).map(([field, key]) => [field, matrix.state(key)]),
  );
}
