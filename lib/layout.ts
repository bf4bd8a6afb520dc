/**
 * Where every byte of an optimizer's state lives: one arena, whose layout is a function of shapes
 * and recipes alone, known before anything is allocated.
 */
import type { MomentumPlan, SecondMomentPlan, StateKind, StateSpec, Weight } from "./parts/part.js";
import type { Recipe } from "./recipe.js";
import { bytesPerElement, type DType, numel } from "./tensor.js";

/** Tensors start at multiples of a cache line. */
const alignment = 64;

/** One state tensor in the arena. */
export interface StateTensor {
  /** Key in a state dict: `<parameter>.<key>`. */
  readonly name: string;
  readonly key: string;
  readonly kind: StateKind;
  readonly dtype: DType;
  /** With a leading batch dimension where the weight is batched. */
  readonly shape: readonly number[];
  /** In bytes, from the arena's start. */
  readonly offset: number;
  readonly bytes: number;
  readonly fill: number;
  /** Of line numbers: how many lines there are. */
  readonly lines?: number;
}

/** One parameter with its plan and its state. */
export interface PlannedWeight {
  readonly weight: Weight;
  readonly recipe: Recipe;
  readonly momentum: MomentumPlan;
  readonly secondMoment: SecondMomentPlan;
  /** By the key of its {@link StateSpec}. */
  readonly state: ReadonlyMap<string, StateTensor>;
}

export interface Layout {
  readonly weights: readonly PlannedWeight[];
  /** Bytes of the arena. */
  readonly bytes: number;
}

/** csrc/core/step-scalars.h: one set for each matrix. */
const counters: StateSpec = { key: "counters", kind: "counters", shape: [8], dtype: "int64" };

function align(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** Lays out the state of the given weights, in order. */
export function layOut(
  weights: readonly { readonly weight: Weight; readonly recipe: Recipe }[],
): Layout {
  let end = 0;
  function place(weight: Weight, spec: StateSpec): StateTensor {
    const shape = weight.batch === 1 ? spec.shape : [weight.batch, ...spec.shape];
    const bytes = numel(shape) * bytesPerElement[spec.dtype];
    const offset = align(end);
    end = offset + bytes;
    return {
      name: `${weight.name}.${spec.key}`,
      key: spec.key,
      kind: spec.kind,
      dtype: spec.dtype,
      shape,
      offset,
      bytes,
      fill: spec.fill ?? 0,
      lines: spec.lines,
    };
  }
  const planned = weights.map(({ weight, recipe }) => {
    const momentum = recipe.momentum.plan(weight);
    const secondMoment = momentum.secondMoment ?? recipe.secondMoment.plan(weight);
    const specs = [counters, ...momentum.state, ...secondMoment.state];
    const state = new Map(specs.map((spec) => [spec.key, place(weight, spec)]));
    return { weight, recipe, momentum, secondMoment, state };
  });
  return { weights: planned, bytes: align(end) };
}

export function* stateTensors(layout: Layout): Generator<StateTensor> {
  for (const { state } of layout.weights) yield* state.values();
}
